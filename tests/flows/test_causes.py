"""Reasons with the same cause are one row, however many ids stand in them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from flows import output
from flows.causes import cause
from flows.tally import Fate, Problem, Report


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("zefort: PUT contracts/ct_8h3kX-1/ answered 500: down", "zefort: PUT contracts/…/ answered 500: down"),
        (
            "zefort: PUT contracts/ct_1/parties/pty_Q9/: no answer in time",
            "zefort: PUT contracts/…/parties/…/: no answer in time",
        ),
        ("hypatos: GET /documents/2ddc771469c8452a28a76ad2 answered 404", "hypatos: GET /documents/… answered 404"),
        ("hypatos: GET /v2/files/4711: the answer was cut off", "hypatos: GET /v2/files/…: the answer was cut off"),
        ("document 2ddc771469c8452a28a76ad2 is locked", "document … is locked"),
        ("task 0b3a5a7e-16c2-4d2f-9d60-8f6a0c7d1e11 is gone", "task … is gone"),
        ("binder 'b-4711' may not be used", "binder '…' may not be used"),
        ("2 attempts: zefort: GET contracts/ct_1/ answered 503", "2 attempts: zefort: GET contracts/…/ answered 503"),
    ],
)
def test_ids_are_taken_out(reason, expected):
    assert cause(reason) == expected


@pytest.mark.parametrize(
    "reason",
    [
        "fields: 'entities.supplier.name' is missing",
        "fields: attributes.effective_date: '99.99.9999' is not a date",
        "external_id is too long; org_id is missing",
        "hypatos: POST /v2/auth/token: cannot connect to 127.0.0.1:8701 (setting HYPATOS_BASE_URL)",
        "'AAA' is not in table 'currencies'",
    ],
)
def test_names_shapes_and_addresses_stay(reason):
    assert cause(reason) == reason


@pytest.fixture
def shown(monkeypatch):
    monkeypatch.setattr(output, "out", Console(file=io.StringIO(), width=80, highlight=False))

    def show(*problems):
        report = Report(route="r", run_id="1", started=datetime.now(UTC), problems=problems)
        output.show_problems(report.problems)
        return output.out.file.getvalue().splitlines(), report.as_json()

    return show


@pytest.mark.parametrize(
    ("width", "id_"), [(40, "2ddc771469c8452a28a76ad2"), (60, "contracts/2026/" + "x" * 60), (20, "4711")]
)
def test_a_narrow_terminal_hides_neither_the_id_nor_the_reason(shown, width, id_):
    output.out.width = width
    lines, _ = shown(Problem(id_, Fate.REJECTED, "attributes.title: entities.supplier.name is missing; [too] long"))
    assert lines == ["rejected 1  attributes.title: entities.supplier.name is missing; [too] long", f"  {id_}"]


def test_one_cause_is_one_row_with_a_count_and_json_keeps_the_reasons_whole(shown):
    reasons = [f"zefort: PUT contracts/ct_{n}abc/ answered 500: down" for n in range(7)]
    table, data = shown(*(Problem(f"document-{n}", Fate.WAITING, reason) for n, reason in enumerate(reasons)))
    assert len([line for line in table if "waiting" in line]) == 1
    assert [line.split()[1] for line in table if line.startswith("waiting")] == ["7"]
    assert [item["reason"] for item in json.loads(json.dumps(data))["problems"]] == reasons


def test_a_reason_that_stands_alone_is_shown_whole_and_the_example_can_be_copied(shown):
    table, _ = shown(Problem("2ddc771469c8452a28a76ad2", Fate.REJECTED, "contract ct_1 is locked, " + "so " * 40))
    assert "ct_1" in "".join(table)
    assert any("2ddc771469c8452a28a76ad2" in line for line in table)
