"""Schemas: what can be at a place, and what of a payload does not fit, told without its values."""

from decimal import Decimal

import pytest

from mappings.language.schema import Schema

CONTRACT = Schema(
    {
        "type": "object",
        "required": ["title"],
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string", "minLength": 1, "maxLength": 5, "description": "Its name."},
            "status": {"type": ["string", "null"], "enum": ["review", "done", None]},
            "gone": {"enum": [None]},
            "state": {"type": "string", "x-extensible-enum": ["new"]},
            "day": {"type": "string", "format": "date"},
            "moment": {"type": "string", "format": "date-time"},
            "country": {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["DE"]},
            "name": {"type": "string", "pattern": r"\S"},
            "amount": {"type": ["number", "null"], "minimum": 0},
            "pages": {"type": "integer"},
            "key": {"type": "string", "readOnly": True, "description": "Filled by docferry."},
            "tags": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
            "pairs": {"type": "object", "propertyNames": {"maxLength": 3}, "additionalProperties": {"type": "string"}},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"net": {"type": "number"}}}},
        },
    }
)
GOOD = {"title": "A"}


@pytest.mark.parametrize(
    ("fields", "path", "sentence"),
    [
        ({"title": ""}, "title", "must not be empty"),
        ({"title": "secret"}, "title", "must have at most 5 characters (has 6)"),
        ({"title": None}, "title", "must be text (is null)"),
        ({"title": 47}, "title", "must be text (looks like '99')"),
        ({"gone": "x"}, "gone", "must be null (looks like 'a')"),
        ({"status": "doen"}, "status", "must be one of review, done (looks like 'aaaa')"),
        ({"day": "31.12.2026"}, "day", "must be a date such as 2026-12-31 (looks like '99.99.9999')"),
        ({"day": "2026-02-30"}, "day", "must be a date such as 2026-12-31 (looks like '9999-99-99')"),
        (
            {"moment": "2026-12-31"},
            "moment",
            "must be an instant such as 2026-12-31T12:00:00Z (looks like '9999-99-99')",
        ),
        ({"country": "Germany"}, "country", "must be written like DE (looks like 'Aaaaaaa')"),
        ({"name": " \n"}, "name", "must not be blank"),
        ({"amount": "12"}, "amount", "must be a number (looks like '99')"),
        ({"amount": True}, "amount", "must be a number (is true or false)"),
        ({"amount": 0.5}, "amount", "must be a number (looks like '9.9')"),
        ({"amount": Decimal("NaN")}, "amount", "must be a number (looks like 'AaA')"),
        ({"amount": Decimal("-0.01")}, "amount", "must be at least 0 (looks like '-9.99')"),
        ({"pages": Decimal("1.5")}, "pages", "must be a whole number (looks like '9.9')"),
        ({"key": "x"}, "key", "cannot be written: Filled by docferry."),
        ({"tags": "a"}, "tags", "must be a list (looks like 'a')"),
        ({"tags": ["a", 1]}, "tags[1]", "must be text (looks like '9')"),
        ({"tags": ["a", "b", "c"]}, "tags", "must have at most 2 items (has 3)"),
        ({"pairs": {"long": "x"}}, "pairs", "has a field whose name must have at most 3 characters (has 4)"),
        ({"pairs": {"a": 1}}, "pairs.a", "must be text (looks like '9')"),
        ({"lines": [{}, {"net": "x"}]}, "lines[1].net", "must be a number (looks like 'a')"),
        ({"titel": 1}, "titel", "is unknown there (did you mean 'title'?)"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path_and_its_shape(fields, path, sentence):
    assert CONTRACT.check({**GOOD, **fields}) == [(path, sentence)]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "12345"},
        {"status": None},
        {"amount": Decimal("12345678901234567.890")},
        {"pages": Decimal("2.00")},
        {"pages": 10**40},
        {"pages": Decimal("1E+999999")},
        {"moment": "2026-12-31T12:00:00+02:00"},
        {"lines": [{"net": 1, "more": {"a": []}}]},
    ],
)
def test_what_fits_is_let_pass(fields):
    assert CONTRACT.check({**GOOD, **fields}) == []


def test_everything_that_does_not_fit_is_told_at_once():
    found = dict(CONTRACT.check({"status": "x", "tags": [1, 2], "other": 1}))
    assert set(found) == {"title", "status", "tags[0]", "tags[1]", "other"}


def test_a_place_is_found_through_fields_and_positions():
    title, net = CONTRACT.at(("title",)), CONTRACT.at(("lines", 7, "net"))
    assert title is not None
    assert (title.types, title.description, title.writable) == (frozenset({"string"}), "Its name.", True)
    assert net is not None
    assert net.types == {"number"}


def test_nothing_can_be_at_an_unknown_name_of_a_closed_object_nor_below_a_text():
    assert CONTRACT.at(("titel",)) is None
    assert CONTRACT.at(("title", "length")) is None
    assert CONTRACT.at(("title", 0)) is None
    assert CONTRACT.at(("lines", "net")) is None


def test_anything_can_be_at_an_unknown_name_of_an_open_object():
    more = CONTRACT.at(("lines", 0, "more", "deeper", 3))
    assert more is not None
    assert (more.types, more.names(), more.open) == (frozenset(), [], True)


def test_names_required_and_values_are_told():
    assert CONTRACT.names()[:2] == ["title", "status"]
    assert (CONTRACT.required, CONTRACT.open) == (frozenset({"title"}), False)
    status, state, key = (CONTRACT.at((name,)) for name in ("status", "state", "key"))
    assert (status.enum, status.known) == (("review", "done", None), ("review", "done", None))
    assert (state.enum, state.known) == ((), ("new",))
    assert not key.writable
