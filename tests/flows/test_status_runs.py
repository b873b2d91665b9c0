"""What `docferry status` says of a run that could not write down how it ended."""

from __future__ import annotations

from tests.flows.test_command import ROUTE
from tests.ledgers import rows


def test_a_run_that_could_not_write_how_it_ended_is_told_with_what_may_have_been_and_where_it_says_so(
    accounts, docferry
):
    docferry("run", ROUTE)
    rows("sqlite:///.docferry/state.db", "UPDATE run SET state = 'running', ended_at = NULL, counts = NULL")
    said = docferry("status", ROUTE).out
    assert "ended without a word (killed, switched off, or the disk was full: its log says which), or asleep" in said
