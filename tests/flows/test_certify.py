"""`docferry certify`: runs the suite in a process of its own and scores what came out."""

import json
import subprocess
import sys

import pytest

from flows.certify import certify, read
from state.errors import SettingError


async def test_a_connector_that_is_not_there_is_named_at_once_with_those_that_are(monkeypatch):
    monkeypatch.setattr("sys.executable", "/the/suite/is/not/begun")
    with pytest.raises(SettingError, match=r"no connector is called nosuch; there are .*hypatos, rest, sql, zefort"):
        await certify("nosuch")


@pytest.mark.soak
def test_the_command_scores_one_connector_as_json():
    code = "import sys; sys.argv[0] = 'docferry'; from flows.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "certify", "hypatos.documents.source", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    (score,) = read(done.stdout)
    assert (done.returncode, score.connector, score.level) == (0, "hypatos.documents.source", "platinum")
    assert json.loads(done.stdout)["connectors"]["hypatos.documents.source"]["level"] == "platinum"
