"""The certificate itself: nobody is forgotten, no excuse is stale, and README shows what was really measured."""

import ast
import json
from pathlib import Path

import pytest

from connectors.sandbox import providers as sandboxes
from flows.certify import LEVELS, Promise, Score, as_json, markdown, read, reasons
from tests.contract.discovery import WITHOUT, subjects, unexamined
from tests.contract.score import ROOT, STORED, pages_as_they_should_be


def promises():
    """Read the promises and their levels out of the suite, by role."""
    found = {}
    for file in Path(__file__).parent.glob("test_*.py"):
        role = next((role for role in ("source", "destination") if f"test_{role}" in file.name), "any")
        for node in ast.parse(file.read_text()).body:
            marks = [one.id for one in getattr(node, "decorator_list", []) if isinstance(one, ast.Name)]
            if level := next((mark for mark in marks if mark in LEVELS), None):
                found[node.name, role] = level
    return found


def asked_of(subject):
    return {(name, level) for (name, role), level in promises().items() if role in (subject.role, "any")}


def test_every_connector_has_a_subject_or_a_reason_to_have_none():
    assert unexamined() == []
    assert all(len(reason) > 20 for reason in WITHOUT.values())
    assert not set(WITHOUT) & {one.provider for one in subjects()}


@pytest.mark.parametrize("subject", subjects(), ids=lambda one: one.name)
def test_excuses_name_promises_that_exist_and_say_why(subject):
    names = {name for name, _ in asked_of(subject)}
    assert set(subject.waivers) | set(subject.exempt) <= names
    assert not set(subject.waivers) & set(subject.exempt)
    assert all(len(reason) > 20 for reason in (*subject.waivers.values(), *subject.exempt.values()))


def test_no_connector_is_certified_while_its_sandbox_is_still_the_examples_under_another_name():
    example = played_by("example")
    assert [name for name in sandboxes() if name != "example" and played_by(name) == example] == []


def played_by(name):
    """Return what a sandbox's module says, whatever it is called and however its lines are broken."""
    text = (ROOT / "connectors" / name / "sandbox.py").read_text()
    words = "".join(part.capitalize() for part in name.split("_"))
    for old, new in ((name.upper(), "IT"), (words, "It"), (name, "it")):
        text = text.replace(old, new)
    return [ast.dump(node) for node in ast.parse(text).body if not isinstance(node, ast.ImportFrom)]


def test_there_are_promises_of_every_level_and_their_names_are_unique_within_a_role():
    assert len(promises()) >= 40
    assert set(promises().values()) == set(LEVELS)
    names = [name for name, _ in promises()]
    shared = {name for name in names if names.count(name) > 1}
    assert not shared & {name for name, role in promises() if role == "any"}


def test_the_stored_results_are_of_the_promises_and_connectors_there_are_now():
    stored = {score.connector: {(one.name, one.level) for one in score.promises} for score in read(STORED.read_text())}
    assert stored == {one.name: asked_of(one) for one in subjects()}, "call: make certify"


def test_the_pages_show_the_stored_results():
    for file, text in pages_as_they_should_be().items():
        assert file.read_text() == text, "call: make certify"


@pytest.mark.parametrize(
    ("results", "level"),
    [
        ({}, "platinum"),
        ({"platinum": "broken"}, "gold"),
        ({"gold": "waived"}, "silver"),
        ({"gold": "exempt"}, "platinum"),
        ({"bronze": "broken"}, "none"),
        ({"silver": "waived", "platinum": "broken"}, "bronze"),
    ],
)
def test_a_level_is_reached_when_all_its_promises_and_all_lower_ones_are_kept(results, level):
    score = Score("shop.orders.source", [Promise("test_a", one, results.get(one, "kept"), "because") for one in LEVELS])
    assert score.level == level


def test_a_level_says_how_many_promises_were_asked_where_some_could_not_be():
    kept = [Promise(f"test_{one}", one, "kept", "") for one in LEVELS]
    exempt = Promise("test_a", "gold", "exempt", "there is no such call")
    assert Score("shop.orders.source", kept).label == "platinum"
    score = Score("shop.orders.source", [*kept, exempt])
    assert score.label == "platinum (4 of 5 asked)"
    assert "| **platinum** (4 of 5 asked) |" in markdown([score])


def test_promises_with_one_reason_stand_together_and_results_survive_being_written():
    kept = Promise("test_a_third", "gold", "kept", "")
    missing = [Promise(f"test_{one}_thing", "gold", "waived", "there is no such call") for one in ("one", "another")]
    score = Score("shop.orders.source", [*missing, kept])
    assert reasons([score]) == (
        "## shop.orders.source\n\nNot kept: there is no such call.\n\n- one thing\n- another thing"
    )
    assert "1 of 3" in markdown([score])
    assert read(json.dumps(as_json([score]))) == [score]
