"""A number that no program expects costs its own document and no other one, wherever it stands in a provider's answers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from tests.flows.world import QUICK, world

ODD = {
    "digits": Decimal("7" * 5000),
    "negative": Decimal("-" + "7" * 4300),
    "exponent": msgspec.Raw(b"1e99999999999999999999"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("mapped", [True, False])
async def test_a_number_that_is_too_much_for_python_costs_its_own_document_only(tmp_path, odd, mapped):
    async with world(tmp_path, 11, policy=replace(QUICK, patience=0.0, linger=0.0)) as it:
        it.hypatos.store.switches.list_entities = True  # on the page of the list it is everybody's number
        store = it.hypatos.store
        one = next(key for key, shown in it.documents().items() if shown["type"] == "invoice")
        record = store.records[one]
        record.entities = {**store.entities(record), "totalAmount" if mapped else "weight": odd}
        report = await it.run()
        assert (report.stopped, report.alerts, report.complete) == (None, (), True)
        assert it.astray() == []
        assert it.documents()[one]["accepted_state"] == ("rejected" if mapped else "transferred")
