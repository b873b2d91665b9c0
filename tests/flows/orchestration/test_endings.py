"""What Prefect is told of a run that has ended: by itself, or by who finds it dead."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.orchestration.dead_runs import truth
from flows.orchestration.endings import state_of
from state.records import RunRow

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def run(state="finished", note=None, **counts):
    return RunRow("r", "a_to_b", state, NOW, NOW, complete=not counts.get("exit_code"), counts=counts, note=note)


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        (0, "COMPLETED", "Completed"),
        (1, "COMPLETED", "NeedsAttention"),
        (3, "FAILED", "Failed"),
        (130, "CANCELLED", "Cancelled"),
    ],
)
def test_a_run_looks_the_same_in_prefect_whether_it_could_tell_how_it_ended_or_not(code, kind, name):
    for state in (state_of(code, "words"), truth(run(exit_code=code))):
        assert (state.type.value, state.name) == (kind, name)


def test_a_run_that_was_stopped_while_prefect_was_away_is_told_with_its_reason():
    assert truth(run(exit_code=3, note="zefort refuses the login")).message.endswith("zefort refuses the login")


def test_a_run_without_a_note_is_told_by_its_counts_and_not_as_if_all_had_gone_through():
    said = truth(run(exit_code=1, delivered=118, rejected=12)).message
    assert said.endswith("118 delivered, 12 rejected")


def test_a_run_whose_process_was_killed_has_crashed():
    assert truth(run("interrupted")).is_crashed()
    assert truth(run("running")).is_crashed()
