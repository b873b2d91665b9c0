"""What a run names as the next step is typed as it stands, and the trouble is over: nothing else is needed, nothing is doubled."""

from __future__ import annotations

import re
import shlex

import pytest

from flows.next_steps import next_steps
from flows.tally import Report
from tests.handbook.conftest import ROUTE


def carried(docferry, route=ROUTE):
    """Run a route and return its report."""
    return Report.from_json(docferry("run", route, "--json").json)


def named(report, sentence):
    """Return the commands of the one step that speaks of this."""
    (step,) = [step for step in next_steps(report) if step.startswith(sentence)]
    return [shlex.split(text)[1:] for text in re.findall(r"`(docferry (?:retry|run) [^`]+)`", step)]


def refused_by_the_destination(gateway, docferry):
    """Have one document refused that is mended there afterwards."""
    closed = {"kind": "status", "status": 422, "method": "POST", "path": "/contracts/*", "nth": 2, "times": 1}
    gateway.trouble("zefort", **closed, body='{"detail": "closed"}')
    report = carried(docferry)
    gateway.trouble("zefort")
    return report, "Rejected"


def refused_to_be_told(gateway, docferry):
    """Have the source refuse all messages, which is mended there afterwards."""
    gateway.trouble("hypatos", kind="status", status=400, method="POST", path="*transfer*")
    report = carried(docferry)
    gateway.trouble("hypatos")
    return report, "hypatos refused to be told"


@pytest.mark.parametrize("brought_about", [refused_by_the_destination, refused_to_be_told])
def test_the_commands_that_a_run_names_are_enough(gateway, docferry, brought_about):
    report, sentence = brought_about(gateway, docferry)
    assert report.exit_code == 1
    assert carried(docferry).delivered == 0, "by itself it does not go through at once"

    retry, run = named(report, sentence)
    assert docferry(*retry).code == 0
    docferry(*run)

    standing = docferry("status", ROUTE, "--json").json["routes"][0]
    assert (standing["rejects"], standing["refusals"], standing["owed"]) == ([], [], 0)
    assert not gateway.doubled()
    assert not gateway.untold()


def test_what_was_dropped_at_the_destination_is_whole_again_after_what_the_run_names(gateway, docferry):
    carried(docferry)
    document, (contract,) = next(iter(gateway.contracts().items()))
    gateway.post("zefort", "act", trash=contract)
    report = carried(docferry)

    (retry,) = named(report, "Dropped")
    assert "restore it there" in str(next_steps(report)), (
        "what lies in the trash is rejected, and the source would be told so"
    )
    assert retry[-1] == "ID"
    gateway.post("zefort", "act", restore=contract)
    docferry(*retry[:-1], document)
    again = carried(docferry)

    assert (again.updated + again.unchanged, again.rejected, again.refused_feedback, again.exit_code) == (4, 0, 0, 0)
    assert gateway.contracts()[document] == [contract]


@pytest.mark.parametrize("keep", ["left", "right"])
def test_a_conflict_is_over_after_the_command_that_status_has_for_a_side_and_a_run_of_that_route(twins, docferry, keep):
    left, right = twins
    left.edit("ours")
    right.edit("theirs")
    report = carried(docferry, "left_to_right")
    (step,) = [step for step in next_steps(report) if step.startswith("Changed on both sides")]
    assert "`docferry status left_to_right`" in step
    told = " ".join(docferry("status", "left_to_right").out.split())
    commands = re.findall(r"docferry (retry \w+_to_\w+ [^;\s]+)", told)
    assert len(commands) == 2
    (retry,) = [command.split() for command in commands if command.startswith(f"retry {keep}_")]

    assert docferry(*retry).out.strip().endswith(f"Next: docferry run {retry[1]}")
    docferry("run", retry[1])

    kept = "ours" if keep == "left" else "theirs"
    assert (left.title, right.title) == (kept, kept)
    statuses = [each["statuses"] for each in docferry("status", "--json").json["routes"]]
    assert not any("held" in each for each in statuses), statuses
