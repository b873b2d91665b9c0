"""Incidents about runs and connections: each is brought about, the handbook's commands are typed, and it is over."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.handbook.conftest import ROUTE
from tests.ledgers import rows

STATE = "sqlite:///.docferry/state.db"


def test_a_destination_that_was_down_gets_everything_once_it_is_back(gateway, docferry, play):
    gateway.trouble("zefort", kind="status", status=503)
    assert docferry("run", ROUTE).code == 3
    assert not gateway.contracts()

    play("4. The destination is down", lambda: gateway.trouble("zefort"))

    report = docferry("run", ROUTE, "--json").json
    assert (report["complete"], report["alerts"]) == (True, [])
    assert gateway.contracts()
    assert not (gateway.doubled())
    assert not (gateway.untold())


def test_a_login_that_was_refused_is_replaced_in_the_vault_and_the_next_run_goes_on(
    gateway, docferry, play, monkeypatch
):
    key = os.environ["ZEFORT_API_KEY"]
    monkeypatch.delenv("ZEFORT_API_KEY")
    monkeypatch.setattr(sys, "stdin", io.StringIO("a-key-that-has-run-out"))
    docferry("credentials", "set", "zefort", "api_key")
    stopped = docferry("run", ROUTE)
    assert (stopped.code, "401" in stopped.out) == (3, True)
    Path("new-key.txt").write_text(f"{key}\n", encoding="utf-8")

    ended = play("5. A login is refused")

    assert ended[-1].code == 0
    assert gateway.contracts()
    assert not (gateway.doubled())
    assert not (gateway.untold())


def test_a_schedule_that_died_is_noticed_and_one_run_makes_up_for_it(gateway, docferry, play):
    docferry("run", ROUTE, "--limit", "1")
    docferry("run", ROUTE)
    before = len(gateway.contracts())
    long_ago = "2026-01-01T00:00:00.000000Z"
    rows(STATE, f"UPDATE run SET started_at = '{long_ago}', ended_at = '{long_ago}'")
    gateway.post("hypatos", "act", add=gateway.like_another())

    late, _ = play("6. The schedule has died")

    assert late.code == 1
    assert len(gateway.contracts()) == before + 1
    assert docferry("check", "--freshness", ROUTE).code == 0


def test_what_a_killed_worker_had_under_way_is_carried_by_the_next_run(gateway, docferry, play):
    gateway.post("zefort", "switches", latency=0.1)
    command = [sys.executable, "-m", "flows", "run", ROUTE]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "DOCFERRY_IN_FLIGHT": "2"}
    ) as worker:
        until = time.monotonic() + 90
        while not gateway.state("zefort")["contracts"] and worker.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        worker.send_signal(signal.SIGKILL)
    gateway.post("zefort", "switches", latency=0.0)
    assert worker.returncode == -signal.SIGKILL

    play("9. A worker was killed")

    assert docferry("run", ROUTE, "--json").json["complete"]
    assert not (gateway.doubled())
    assert not (gateway.untold())


def test_a_route_that_gets_its_name_back_delivers_nothing_again(gateway, docferry, play):
    docferry("run", ROUTE)
    before = gateway.contracts()
    file, renamed = gateway.mappings / f"{ROUTE}.yaml", gateway.mappings / "renamed.yaml"
    file.rename(renamed)
    warned = docferry("run", "renamed", "--dry-run")
    assert "every document is new" in " ".join(warned.err.split())

    play("12. A route file was renamed", lambda: renamed.rename(file))

    assert gateway.contracts() == before
    assert "without a file" not in docferry("check").out
