"""The handbook as a whole: its commands are typed by a test, an incident takes two at most."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.handbook.conftest import ROUTE
from tests.handbook.handbook import PAGE, sections

HERE = Path(__file__).parent
INCIDENTS = [title for title in sections() if re.match(r"\d+\. ", title)]


def played() -> set[str]:
    """Return the sections whose commands the tests of this folder type: all of a section's, or the test fails."""
    found = set()
    for file in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "play":
                found.add(ast.literal_eval(node.args[0]))
    return found


def test_every_command_of_the_handbook_is_typed_by_a_test():
    assert played() == set(sections())


def test_an_incident_takes_two_commands_at_most_and_there_are_ten_or_more():
    assert len(INCIDENTS) >= 10
    for title in INCIDENTS:
        commands = [step for step in sections()[title] if not step.by_hand]
        assert 1 <= len(commands) <= 2, title


def test_every_symptom_leads_to_an_incident_and_every_incident_has_a_symptom():
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in INCIDENTS}
    symptoms = PAGE.read_text(encoding="utf-8").partition("## In the morning")[0]
    assert set(re.findall(r"\(#([^)]+)\)", symptoms)) == anchors


def test_the_morning_looks_find_all_well_and_an_invoice_by_its_number(gateway, docferry, play):
    added = gateway.post("hypatos", "act", add=gateway.like_another())["id"]
    docferry("run", ROUTE)

    fresh, _, checked = play("In the morning", **{"4711": "RE-4711"})[:3]
    assert (fresh.code, checked.code) == (0, 0)

    assert play("In the morning", **{"4711": "RE-4711"})[-1].out.count(added)


def test_upgrade_backup_and_keys_are_as_the_handbook_says(gateway, docferry, play):
    docferry("run", ROUTE)
    for ended in (*play("Upgrade"), *play("Backup and restore"), *play("Keys")):
        assert ended.code == 0, ended
    assert Path("ledger.gz").exists()
