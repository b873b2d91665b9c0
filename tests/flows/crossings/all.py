"""Every destination's crossing, besides Zefort's, by the destination's name. What is added here is swept like the others."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.flows.crossings.contractfit import to_contractfit
from tests.flows.crossings.documine import to_documine
from tests.flows.crossings.folder import to_folder
from tests.flows.crossings.hypatos import to_hypatos
from tests.flows.crossings.master_data import orders, suppliers
from tests.flows.crossings.rest import to_erp
from tests.flows.crossings.sql import to_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.flows.crossings.crossing import Crossing

CROSSINGS: Mapping[str, Callable[[], Crossing]] = MappingProxyType(
    {
        "contractfit.documents": to_contractfit,
        "documine.files": to_documine,
        "hypatos.documents": to_hypatos,
        "hypatos.suppliers": suppliers,
        "hypatos.purchase-orders": orders,
        "rest": to_erp,
        "sql": to_tables,
        "folder": to_folder,
    }
)
