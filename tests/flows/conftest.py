"""The `docferry` command called in this process, against both sandboxes in a process of their own."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import NamedTuple

import httpx
import pytest

from flows.cli import main
from tests.flows.victims import Victims
from tests.ledgers import ELSEWHERE, KINDS, address

SETTINGS = ("HYPATOS_", "ZEFORT_", "CONTRACTFIT_", "DOCUMINE_", "REST_", "DOCFERRY_")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """The one object on stdout."""
        return json.loads(self.out)


@pytest.fixture(scope="session")
def victims():
    """Start one server of processes that may be killed, for all tests: it takes seconds."""
    with Victims() as server:
        yield server


@pytest.fixture(scope="module")
def sandboxes():
    """Both sandboxes with twelve documents, in a process of their own."""
    command = [sys.executable, "-m", "connectors.sandbox", "--documents", "12"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture(params=KINDS)
def any_ledger(request, tmp_path, monkeypatch):
    """Run a test twice: its ledger in a file, and in PostgreSQL. A module asks for it with `usefixtures`."""
    with address(request.param, tmp_path) as url:
        monkeypatch.setenv(ELSEWHERE, url)
        yield url


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """Be in an empty folder, without any settings."""
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def accounts(sandboxes, empty, monkeypatch):
    """Fresh sandboxes and the settings that point at them."""
    for provider, settings in sandboxes.items():
        httpx.post(settings["control"] + "reset", json={"documents": 12}).raise_for_status()
        httpx.post(settings["control"] + "switches", json={"faults": []}).raise_for_status()
        for name, value in settings.items():
            monkeypatch.setenv(f"{provider}_{name}".upper(), value)
    httpx.post(sandboxes["hypatos"]["control"] + "switches", json={"applied_after": 0, "quota": 0}).raise_for_status()
    monkeypatch.setenv("DOCFERRY_PATIENCE", "5")
    return sandboxes


@pytest.fixture
def docferry(monkeypatch, capsys):
    """Call the command in this process."""

    def call(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["docferry", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        for name in ("docferry", "connectors"):
            logging.getLogger(name).propagate = True
        return Ended(ended.value.code or 0, out, err)

    return call
