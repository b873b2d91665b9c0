"""What a run leaves on the page of a real Prefect server, read back through its API; and a server that dies in mid-run."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import mappings
from flows.tally import Report
from tests.flows.prefect_server import prefect_server

pytestmark = pytest.mark.timeout(600)
ROOT = Path(mappings.__file__).parents[1]
ROUTE = "hypatos_to_zefort"


def reported(server, folder, sandboxes, *words):
    """Run the flow in a process of its own; return its report and what it said on stderr."""
    settings = {
        f"{provider}_{name}".upper(): str(value)
        for provider, found in sandboxes.items()
        for name, value in found.items()
        if name != "control"
    }
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HYPATOS_", "ZEFORT_", "DOCFERRY_"))
    }
    environment |= server.environment | settings
    environment |= {
        "DOCFERRY_STATE_URL": f"sqlite:///{folder}/state.db",
        "HYPATOS_PAGE_URL": "https://hypatos.example/#/documents/{id}",
        "ZEFORT_PAGE_URL": "https://zefort.example/contracts/{id}",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.flows.reported_flow", ROUTE, *words]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=400, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, done.stderr[-4000:]
    return Report.from_json(json.loads(lines[-1])), done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with prefect_server(tmp_path_factory.mktemp("prefect")) as running:
        yield running


@pytest.fixture(scope="module")
def two_runs(server, sandboxes, tmp_path_factory):
    """Two runs of the route, the second with nothing new."""
    folder = tmp_path_factory.mktemp("runs")
    return [reported(server, folder, sandboxes)[0] for _ in range(2)]


def fresh(sandboxes):
    """Put the documents back that a run has taken off the queue."""
    for provider in ("hypatos", "zefort"):
        httpx.post(sandboxes[provider]["control"] + "reset", json={"documents": 12}).raise_for_status()


def artifacts(server, kind):
    """Return the artifacts of a kind, the oldest first."""
    return server.found("artifacts", artifacts={"type": {"any_": [kind]}})


def test_each_run_leaves_a_summary_under_the_same_key(server, two_runs):
    found = [one for one in artifacts(server, "markdown") if one["key"] == "hypatos-to-zefort-summary"]
    assert len(found) == 2
    for one, report in zip(found, two_runs, strict=True):
        assert f"Run `{report.run_id}`" in one["data"]
        assert f"| {report.listed} + {report.resumed} | = | {report.delivered} |" in one["data"]
        assert "## Time by phase" in one["data"]
    assert "## What has changed" not in found[0]["data"]
    assert f"Counted since the report of run `{two_runs[0].run_id}`" in found[1]["data"]
    assert "- nothing" in found[1]["data"]


def test_the_first_run_leaves_a_table_of_rejects_with_the_page_of_each_example(server, two_runs):
    (found,) = artifacts(server, "table")
    assert found["key"] == "hypatos-to-zefort-rejects"
    rows = json.loads(found["data"])
    first = two_runs[0]
    assert sum(row["count"] for row in rows) == first.rejected
    named = {problem.document_id for problem in first.problems}
    for row in rows:
        ids = row["for example"].split(", ")
        assert set(ids) - {"…"} <= named
        assert row["at hypatos"].split() == [f"https://hypatos.example/#/documents/{one}" for one in ids if one != "…"]


def test_the_chart_is_an_image_in_its_own_address_and_shows_both_runs(server, two_runs):
    found = [one for one in artifacts(server, "markdown") if one["key"] == "hypatos-to-zefort-chart"]
    assert len(found) == len(two_runs)
    (picture,) = re.findall(r"\(data:image/svg\+xml;base64,([^)]+)\)", found[-1]["data"])
    assert b"2 runs from" in base64.b64decode(picture)


def test_the_progress_says_how_far_the_run_has_come(server, two_runs):
    found = artifacts(server, "progress")
    assert [one["data"] for one in found] == [100.0, 100.0]
    assert re.match(rf"{ROUTE}: all {two_runs[0].listed} settled so far, \d+ acknowledged", found[0]["description"])


def test_a_run_is_named_by_its_outcome_in_the_end(server, two_runs):
    names = [one["name"] for one in server.found("flow_runs")]
    first = two_runs[0]
    assert names[0].startswith(f"{ROUTE} · {first.delivered} delivered, {first.rejected} rejected")
    assert names[1] == f"{ROUTE} · nothing new"


def test_each_phase_is_a_task_run_and_no_document_is(server, two_runs):
    names = {one["name"].rpartition("-")[0] for one in server.found("task_runs")}
    assert names <= {"heal", "collect", "deliver", "follow", "report"}


def test_the_lines_on_the_page_say_which_route_and_run_they_are_about(server, sandboxes, tmp_path):
    fresh(sandboxes)
    control = sandboxes["zefort"]["control"]
    httpx.post(
        control + "switches",
        json={"faults": [{"kind": "status", "method": "POST", "path": "/contracts/", "status": 403}]},
    )
    try:
        report, _ = reported(server, tmp_path, sandboxes)
    finally:
        httpx.post(control + "switches", json={"faults": []})
    assert report.stopped
    said = [one["message"] for one in server.found("logs") if report.run_id in one["message"]]
    assert [line for line in said if line.startswith(f"route={ROUTE} run={report.run_id}") and "stopped" in line]
    assert sandboxes["zefort"]["api_key"] not in json.dumps(server.found("logs"))


def test_a_server_that_dies_in_mid_run_is_said_once_and_the_run_goes_to_its_end(sandboxes, tmp_path_factory):
    fresh(sandboxes)
    folder = tmp_path_factory.mktemp("dying")
    with prefect_server(folder) as dying:
        report, said = reported(dying, folder, sandboxes, str(dying.process.pid))
    assert report.complete
    assert report.adds_up
    assert report.listed > 0
    assert said.count("progress cannot be shown") == 1
    assert said.count("is missing on Prefect's page") == 1
