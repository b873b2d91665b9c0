"""`docferry up` from beginning to end, with real servers and real kills: no process is left, and states tell the truth."""

from __future__ import annotations

import signal
import sqlite3

import pytest

from tests.flows.orchestration.ups import Up, until

pytestmark = pytest.mark.timeout(900)

SLOW = """
import asyncio
from pathlib import Path

from prefect import flow
from prefect.states import Cancelled, Completed

from flows.stopping import until_stopped


@flow(name="slow")
async def slow():
    async def work(stop):
        Path("begun").touch()
        await asyncio.wait_for(stop.wait(), 120)
        Path("finished").touch()

    await until_stopped(work)
    return Cancelled(message="what was under way was finished")


@flow(name="quick")
def quick():
    return Completed(message="done")
"""
DEPLOYMENTS = """
definitions:
  common: &common
    tags: [test]
    concurrency_limit: {limit: 1, collision_strategy: CANCEL_NEW}
deployments:
  - <<: *common
    name: slow
    entrypoint: slow.py:slow
  - <<: *common
    name: quick
    entrypoint: slow.py:quick
    schedules:
      - {interval: 3600, timezone: UTC}
  - <<: *common
    name: hypatos_to_zefort
    entrypoint: flows.sync.sync
    parameters: {route: hypatos_to_zefort}
    schedules:
      - {interval: 300, timezone: UTC}
  - <<: *common
    name: gone
    entrypoint: flows.sync.sync
    parameters: {route: gone}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "prefect.yaml").write_text(DEPLOYMENTS)
    return tmp_path


def states(folder):
    """Read from the server's own database how every run that was begun ended."""
    with sqlite3.connect(folder / ".docferry/prefect/prefect.db") as database:
        return database.execute(
            "select state_type, state_name from flow_run where state_type != 'SCHEDULED'"
        ).fetchall()


def test_however_up_ends_no_process_is_left_every_state_is_true_and_the_next_one_goes_on(folder):
    # SIGTERM: what is under way is finished, and its state is written down before the server goes.
    with Up(folder) as first:
        told = {each["name"]: each for each in first.said["deployments"]}
        assert told["quick"]["next"]
        assert "nothing is set for hypatos and zefort" in told["hypatos_to_zefort"]["idle"]
        assert told["hypatos_to_zefort"]["next"] is None
        assert "there is no route gone" in told["gone"]["idle"]
        done = first.run("quick")
        until(lambda: first.state(done)["type"] == "COMPLETED")
        run = first.run("slow")
        until((folder / "begun").exists)
        assert len(first.marked()) >= 4, "up, the server, the process that serves, and the run"
        first.pause("quick")
        assert first.end(signal.SIGTERM) == 0
        assert first.marked() == []
        assert (folder / "finished").exists()
    assert sorted(states(folder)) == [("CANCELLED", "Cancelled"), ("COMPLETED", "Completed")]

    # kill -9: nobody is there to end the rest, which ends all the same, and in order.
    for name in ("begun", "finished"):
        (folder / name).unlink()
    with Up(folder) as second:
        assert second.state(run)["message"] == "what was under way was finished", "the history is still there"
        quick = next(each for each in second.said["deployments"] if each["name"] == "quick")
        assert quick["next"] is None, "what was paused on the page stays paused"
        second.run("slow")
        until((folder / "begun").exists)
        second.end(signal.SIGKILL)
        until(lambda: not second.marked())
        assert (folder / "finished").exists()
    assert sorted(states(folder)) == [("CANCELLED", "Cancelled")] * 2 + [("COMPLETED", "Completed")]

    # All killed at once, as when the machine goes down: the next one says so of the run, and runs the deployment again.
    (folder / "begun").unlink()
    with Up(folder) as third:
        lost = third.run("slow")
        until((folder / "begun").exists)
        for each in third.marked():
            each.kill()
        until(lambda: not third.marked())
    (folder / "begun").unlink()
    with Up(folder) as fourth:
        assert fourth.state(lost)["type"] == "CRASHED"
        assert "The process that ran it is gone" in fourth.state(lost)["message"]
        fourth.run("slow")
        until((folder / "begun").exists)
        # Ctrl-C in a terminal reaches the whole group of processes.
        assert fourth.end(signal.SIGINT) == 0
        assert fourth.marked() == []
    assert {kind for kind, _ in states(folder)} == {"CANCELLED", "COMPLETED", "CRASHED"}


def test_a_second_one_in_the_same_folder_says_who_is_there(folder):
    with Up(folder) as first:
        with Up(folder) as second:
            assert second.said["exit_code"] == 3
            assert f"process {first.process.pid}, {first.said['page']}" in second.said["error"]
        assert first.end(signal.SIGTERM) == 0


def test_with_sandboxes_a_scheduled_run_completes_without_any_account(tmp_path):
    with Up(tmp_path, "--sandbox", "--documents", "12") as up:
        assert {each["idle"] for each in up.said["deployments"]} == {None}
        until(lambda: up.runs("COMPLETED"), 600)
        assert up.end(signal.SIGTERM) == 0
        assert up.marked() == []
    assert [path.suffix for path in tmp_path.iterdir()] == [".log"], "nothing is left behind in the working folder"
