"""The Prefect side: the demo is a real flow run with a real (temporary) server; the deployments fit the routes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from flows.run_summary import summary
from flows.tally import Fate, Problem, Report


@pytest.mark.timeout(240)
def test_the_demo_runs_the_route_through_prefect_and_everything_adds_up(tmp_path):
    # What stands in the environment and in .env is for real accounts: the demo must not notice any of it.
    real = {
        "HYPATOS_PROJECTS": "a-real-project",
        "hypatos_states": "reviewed",
        "ZEFORT_API_KEY": "a-real-key",
        "DOCFERRY_STATE_URL": f"sqlite:///{tmp_path}/real.db",
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    environment = {name: value for name, value in os.environ.items() if name.upper() != "NO_PROXY"} | real
    (tmp_path / ".env").write_text("DOCFERRY_KEYS=not-a-key\nHYPATOS_MAX_RATE=0.001\nZEFORT_PROVIDER=hypatos\n")
    command = [sys.executable, "-m", "flows", "demo", "--documents", "40", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=220, check=False
    )
    report = json.loads(done.stdout)
    assert done.returncode == 1, "the sample data holds documents that are rejected"
    assert report["adds_up"]
    assert report["complete"]
    assert report["delivered"] > 10
    assert report["acknowledged"] == report["delivered"] + report["rejected"]
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [".env"], "the demo leaves nothing behind"


def test_the_summary_shows_counts_that_add_up_and_says_when_they_do_not():
    report = Report(
        route="r",
        run_id="1",
        started=datetime.now(UTC),
        listed=3,
        delivered=1,
        rejected=1,
        skipped=1,
        problems=(Problem("d", Fate.REJECTED, "because"),),
    )
    assert "| 3 + 0 | = | 1 | 0 | 0 | 1 | 1 | 0 | 0 |" in summary(report)
    assert "please report" not in summary(report)
    assert "please report" in summary(Report(route="r", run_id="1", started=datetime.now(UTC), listed=3, delivered=1))


def test_a_report_survives_the_way_through_json():
    report = Report(
        route="r", run_id="1", started=datetime.now(UTC), notes=("n",), problems=(Problem("d", Fate.FAILED, "x"),)
    )
    assert Report.from_json(json.loads(json.dumps(report.as_json()))) == report
