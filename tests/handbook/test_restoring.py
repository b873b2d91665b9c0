"""A state that is lost, and one that is older than the last run: what the handbook says of it is what happens."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import mappings
from tests.handbook.conftest import ROUTE
from tests.postgres import throw_away_schema

FOLDER = Path(".docferry")


@pytest.fixture
def backed_up(gateway, docferry):
    """One document is delivered, then a backup is made, which does not know what comes."""
    docferry("run", ROUTE, "--limit", "2")
    assert docferry("state", "export", "ledger.gz").code == 0
    return gateway


def test_what_was_delivered_and_told_after_the_backup_stays_as_it_is_once_it_is_restored(backed_up, docferry, play):
    docferry("run", ROUTE)
    before = backed_up.contracts()
    shutil.rmtree(FOLDER)

    ended = play("10. The state is gone")

    assert backed_up.contracts() == before
    assert "state is 'transferred' (over)" in ended[-1].out, "the handbook says so"
    assert docferry("state", "doctor").code == 0


def test_what_was_delivered_after_the_backup_and_never_told_is_found_at_the_destination(backed_up, docferry, play):
    added = backed_up.post("hypatos", "act", add=backed_up.like_another())["id"]
    backed_up.trouble("hypatos", kind="status", status=500, method="POST", path="/documents/*")
    docferry("run", ROUTE)
    backed_up.trouble("hypatos")
    before = backed_up.contracts()
    assert {added} <= set(backed_up.untold()), "of one document the backup knows nothing at all"

    play("10. The state is gone")

    assert backed_up.contracts() == before
    assert not backed_up.untold()


def test_a_file_that_was_copied_back_is_as_good_once_a_person_has_said_so(gateway, docferry, play):
    docferry("run", ROUTE, "--limit", "2")
    with closing(sqlite3.connect(FOLDER / "state.db")) as state, closing(sqlite3.connect("copy.db")) as copy:
        state.backup(copy)
    gateway.trouble("hypatos", kind="status", status=500, method="POST", path="/documents/*")
    docferry("run", ROUTE)
    gateway.trouble("hypatos")
    before = gateway.contracts()
    for rest in FOLDER.glob("state.db*"):
        rest.unlink()
    shutil.copy("copy.db", FOLDER / "state.db")

    play("After another way of restoring")

    assert gateway.contracts() == before
    assert docferry("run", ROUTE, "--json").json["complete"]


def test_postgresql_is_backed_up_and_restored_by_its_own_tools(gateway, docferry, play, monkeypatch):
    with throw_away_schema() as url:
        monkeypatch.setenv("DOCFERRY_STATE_URL", url)
        docferry("run", ROUTE)
        before = docferry("status", ROUTE, "--json").json
        schema = url.rpartition("=")[2]
        plain = url.partition("?")[0]

        ended = play(
            "PostgreSQL's own tools",
            **{"--schema=docferry": f"--schema={schema}", "--dbname=$PG": f"--dbname={plain}", "$PG": plain},
        )

        assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
        assert docferry("status", ROUTE, "--json").json == before


def test_what_was_delivered_to_contractfit_after_the_backup_is_found_there_too(gateway, docferry, monkeypatch):
    route = "hypatos_to_contractfit"
    shutil.copy(Path(mappings.__file__).parent / f"{route}.yaml", gateway.mappings)
    monkeypatch.setenv("CONTRACTFIT_SETTLE_SECONDS", "0.2")
    gateway.post("contractfit", "reset", documents=0)
    docferry("run", route, "--limit", "2")
    assert docferry("state", "export", "ledger.gz").code == 0
    gateway.trouble("hypatos", kind="status", status=500, method="POST", path="/documents/*")
    docferry("run", route)
    gateway.trouble("hypatos")
    before = set(gateway.state("contractfit")["documents"])
    assert len(before) > 2
    shutil.rmtree(FOLDER)

    assert docferry("state", "import", "ledger.gz").code == 0
    docferry("run", route)

    assert set(gateway.state("contractfit")["documents"]) == before
