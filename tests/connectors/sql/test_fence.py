"""A transaction asks whether it may still be committed when everything in it is done."""

import pytest

from connectors import fence
from tests.connectors.holds import Hold, LostError


async def test_rows_are_not_committed_once_the_right_is_lost(store, invoices, delivery, journal):
    await invoices.push(delivery(key="hypatos_to_dwh:d1"), journal)
    before = store.rows()
    with fence.held_by(Hold()), pytest.raises(LostError):
        await invoices.push(delivery(key="hypatos_to_dwh:d2", number="4712"), journal)
    assert store.rows() == before


async def test_a_right_that_is_proven_again_lets_the_rows_be_committed(store, invoices, delivery, journal):
    hold = Hold(lost=False)
    with fence.held_by(hold):
        await invoices.push(delivery(), journal)
    assert hold.proven > 0
    assert len(store.rows()) == 1
