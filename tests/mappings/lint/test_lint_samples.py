"""What is listed by a schema, what documents show beyond it, and what is said of a path that neither has."""

from decimal import Decimal
from pathlib import Path

import pytest

from mappings.language import read_draft
from mappings.workbench.lint import Known, lint
from tests.mappings.lint.ends import TEXT, record

OPEN = record({"number": TEXT, "entities": record({"currency": TEXT}, closed=False)}, closed=False)
SAMPLE = {
    "number": "1",
    "entities": {"projectNumber": "P", "total": Decimal("1.5")},
    "lines": [{"net": 1}, {"text": "a"}],
}


def found(rule, *, source=OPEN, samples=()):
    text = f"source: shop.orders\ndestination: books.entries\nfields:\n  a: {rule}\n"
    draft = read_draft(Path("route.yaml"), text)
    assert draft.problems == ()
    return [(each.code, each.message) for each in lint(draft, Known(source, samples=samples), unmapped=False)]


@pytest.mark.parametrize(
    ("path", "without", "with_sample"),
    [
        ("number", None, None),
        ("entities.currency", None, None),
        ("entities.projectNumber", None, None),
        ("entities.projectNumbr", None, "suspect-source"),
        ("entities.currencyy", "suspect-source", "suspect-source"),
        ("entities.color", None, "unlisted-source"),
        ("Hello", "unlisted-source", "unlisted-source"),
        ("lines[0].text", "unlisted-source", None),
    ],
)
def test_a_path_is_judged_by_what_is_known(path, without, with_sample):
    assert [code for code, _ in found(path)] == ([without] if without else [])
    assert [code for code, _ in found(path, samples=[SAMPLE])] == ([with_sample] if with_sample else [])


def test_a_sample_beats_a_schema_that_says_there_are_no_other_fields():
    closed = record({"number": TEXT})
    assert [code for code, _ in found("entities.total", source=closed)] == ["unknown-source"]
    assert found("entities.total", source=closed, samples=[SAMPLE]) == []


def test_types_of_samples_count_where_the_schema_says_nothing():
    rule = "entities.total | upper"
    assert found(rule) == []
    assert [code for code, _ in found(rule, samples=[SAMPLE])] == ["type-mismatch"]
    mixed = [SAMPLE, {"entities": {"total": "1,50"}}]
    assert found(rule, samples=mixed) == []


def test_without_a_schema_and_samples_nothing_is_said():
    assert found("Hello.world[3] ~ anything", source=None) == []
    assert found("Hello.world ~ known\nvars: {known: number}", source=None) == []


@pytest.mark.parametrize(("word", "meant"), [("null", "none"), ("NULL", "none"), ("nil", "none"), ("TRUE", "true")])
def test_a_word_for_nothing_or_true_that_is_spelt_otherwise_here_is_no_field(word, meant):
    said = f"shop.orders is not known to have '{word}'; an expression says {meant} (did you mean that?)"
    assert found(f"number == {word}") == [("suspect-source", said)]
    assert found(f"number == {word}", source=record({"number": TEXT})) == [("unknown-source", said)]
    assert found(f"number == entities.{word}") == []
    assert found(f"number == {word}", source=record({"number": TEXT, word: TEXT})) == []


def test_types_of_what_accounts_only_commonly_have_are_no_reason_to_complain():
    amounts = record(
        {"total": {"type": "number"}, "kind": {"type": "string", "x-extensible-enum": ["invoice"]}}, closed=False
    )
    source = record({"entities": amounts | {"x-guessed": True}})
    assert found("entities.total | replace(',', '.')", source=source) == []
    assert [code for code, _ in found("entities.totall", source=source)] == ["suspect-source"]
    assert [code for code, _ in found("\"entities.kind == 'invoise'\"", source=source)] == ["unknown-value"]
    sample = {"entities": {"total": 5}}
    assert [code for code, _ in found("entities.total | upper", source=source, samples=[sample])] == ["type-mismatch"]
