"""`docferry status` says which of its reasons a changed mapping, or another try that is due, has overtaken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mappings
from flows import output
from tests.flows.test_command import ROUTE
from tests.ledgers import rows

STATE = "sqlite:///.docferry/state.db"


@pytest.fixture
def file(monkeypatch, tmp_path):
    """Return a route file that may be edited."""
    monkeypatch.setattr(output.out, "_width", 300)  # so that no line is broken
    folder = shutil.copytree(Path(mappings.__file__).parent, tmp_path / "routes")
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    return folder / f"{ROUTE}.yaml"


def shown(docferry) -> str:
    """Return what status shows."""
    return docferry("status", ROUTE).out


def test_a_reason_of_an_earlier_mapping_is_told_as_that(accounts, docferry, file):
    good = file.read_text()
    file.write_text(good.replace("entities.totalAmount, type: decimal", "entities.totalAmount, type: date", 1))
    docferry("run", ROUTE)
    assert "changed mapping" not in shown(docferry)
    told = docferry("status", ROUTE, "--json").json["routes"][0]["rejects"]
    assert told
    assert not any(each["overtaken"] for each in told)
    file.write_text(good)
    assert "the next run tries it with the changed mapping; an earlier one said: " in shown(docferry)
    assert all(each["overtaken"] for each in docferry("status", ROUTE, "--json").json["routes"][0]["rejects"])
    docferry("run", ROUTE)
    assert "changed mapping" not in shown(docferry)
    file.write_text("source: [")
    assert docferry("status", ROUTE).code == 0


def test_a_reason_from_before_a_document_came_due_again_is_told_as_that(accounts, docferry, file):
    docferry("run", ROUTE)
    rows(
        STATE,
        "UPDATE transfer SET status = 'pending', attempts = 0, due_at = '2026-01-01T00:00:00.000000Z' WHERE status = 'rejected'",
    )
    assert "due again, and not tried since it was said: " in shown(docferry)
    (each,) = docferry("status", ROUTE, "--json").json["routes"][0]["waiting"]
    assert each["overtaken"] is True
