"""To Hypatos' master data: suppliers of Zefort contracts, several to a delivery, and orders that Contract.fit has read."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.hypatos.sandbox import HypatosSandbox, Switches
from tests.flows.crossings import contractfit_inbox, zefort_shelf
from tests.flows.crossings.contractfit_inbox import ContractfitInbox
from tests.flows.crossings.crossing import Crossing, Held
from tests.flows.crossings.zefort_shelf import ZefortShelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.flows.findings import Findings

SUPPLIERS = """
source: zefort.contracts
destination: hypatos.suppliers
files: none
fields:
  records:
    each: parties
    as: party
    when: party.role == 'supplier'
    fields:
      externalId: {from: "party.external_id | default(party.id, true) | replace(' ', '_')", required: true}
      name: {from: party.name | trim, required: true}
"""
ORDERS = """
source: contractfit.documents
destination: hypatos.purchase-orders
files: none
fields:
  externalId: id
  createdDate: {from: fields.due_date, type: date, required: true}
  totalGrossAmount: {from: fields.gross_amount, type: decimal}
"""
Record = dict[str, Any]


class Records:
    """One kind of master data. `records` tells what a document must have written there, by external id."""

    on_disk = False
    whole = False

    def __init__(self, resource: str, owners: Callable[[], Mapping[str, list[Record]]]) -> None:
        self.app = HypatosSandbox(0, 7, Switches(quota=0, applied_after=0.0))
        self.apps = {"hypatos": self.app}
        self._resource = resource
        self._owners = owners

    def begin(self, _folder: Path) -> dict[str, str]:
        """Start over with an empty account."""
        self.app.reset()
        return {}

    def held(self) -> dict[str, Held]:
        """Return the records by the documents that they are of; some are of several."""
        found: dict[str, Held] = {}
        there = {kept["record"]["externalId"]: kept for kept in self._kept()}
        ours = set()
        for document_id, records in self._owners().items():
            kept = [there[record["externalId"]] for record in records if record["externalId"] in there]
            if kept:
                held = found[document_id] = Held(",".join(one["id"] for one in kept))
                held.shows = [_shown(one["record"]) for one in kept]
                ours |= {one["record"]["externalId"] for one in kept}
        if foreign := there.keys() - ours:
            found[""] = Held()
            found[""].shows = sorted(foreign)
        return found

    def wanted(self, document_id: str) -> list[str]:
        """Return a document's records."""
        return [_shown(record) for record in self._owners()[document_id]]

    def audit(self, found: Findings) -> None:
        """Check that each external id is there once, and that nothing was deleted."""
        ids = [kept["record"]["externalId"] for kept in self._kept()]
        found.compare("external ids", set(ids), ids)
        if self.app.store.deleted_records:
            found.wrong.append("somebody deleted master data")

    def _kept(self) -> list[Any]:
        return list(self.app.store.enriched.get(self._resource, {}).values())


def _shown(record: Record) -> str:
    values = {name: Decimal(value) if isinstance(value, int | Decimal) else value for name, value in record.items()}
    return ", ".join(f"{name} {value}" for name, value in sorted(values.items()))


def suppliers() -> Crossing:
    """Make the crossing from Zefort."""
    near = ZefortShelf()

    def owners() -> dict[str, list[Record]]:
        delivered = [id_ for id_, fate in near.fates.items() if fate == "delivered"]
        return {
            id_: [_supplier(one) for one in near.contracts[id_]["parties"] if one["role"] == "supplier"]
            for id_ in delivered
        }

    return Crossing("suppliers", SUPPLIERS + zefort_shelf.ENDING, near, Records("suppliers", owners))


def _supplier(party: Any) -> Record:
    return {"externalId": (party.get("external_id") or party["id"]).replace(" ", "_"), "name": party["name"]}


def orders() -> Crossing:
    """Make the crossing from Contract.fit."""
    near = ContractfitInbox()

    def owners() -> dict[str, list[Record]]:
        return {id_: [_order(id_, near.values(id_))] for id_, fate in near.fates.items() if fate == "delivered"}

    return Crossing("orders", ORDERS + contractfit_inbox.ENDING, near, Records("purchase-orders", owners))


def _order(document_id: str, values: Mapping[str, str]) -> Record:
    return {
        "externalId": document_id,
        "createdDate": values["due_date"],
        "totalGrossAmount": Decimal(values["gross_amount"]),
    }
