"""What `docferry up` says of each deployment once all is up."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from rich.console import Console

from flows import output
from flows.orchestration.supervising import Server, Serving
from flows.up_command import _tell


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"next": timedelta(hours=4)}, "next run in 4 h"),
        ({}, "not scheduled: paused on Prefect's page"),
        ({"scheduled": False}, "without a schedule: run it by its form on Prefect's page"),
        ({"idle": "nothing is set for hypatos"}, "not scheduled: nothing is set for hypatos"),
    ],
)
def test_a_deployment_that_is_for_questions_is_not_said_to_be_paused(monkeypatch, said, shown):
    monkeypatch.setattr(output, "out", Console(file=io.StringIO(), width=200, highlight=False))
    one = {"id": "1", "name": "explain", "scheduled": True, "next": None, "idle": None} | said
    if isinstance(one["next"], timedelta):  # from now on, and not from when the tests were collected
        one["next"] = (datetime.now(UTC) + one["next"]).isoformat()
    _tell(Server("http://127.0.0.1:4200/api"), Path("prefect.yaml"), Serving(Mock(), [one]), json_=False)
    (line,) = [line for line in output.out.file.getvalue().splitlines() if "explain" in line]
    assert line.split(maxsplit=1)[1] == shown
