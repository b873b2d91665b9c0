"""Every edit that changes what comes out is found, with its field and its count, and none is invented."""

import copy
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from mappings.language import load_route
from mappings.workbench.replaying import FILES, Blast, Judged, judged

ROUTE = """\
source: a.b
destination: c.d
when: kind in ['invoice', 'contract']
tables: {currencies: {EUR: EUR, kr: SEK}}
fields:
  title: {template: "{{ name }} {{ number }}"}
  currency: {from: currency, lookup: currencies, default: EUR}
  value: {from: total | round(2), type: decimal}
  count: {from: count, type: integer}
  note: note
  tags: {list: [kind, {value: large, when: total >= 1000}]}
  lines:
    each: items
    as: item
    fields: {net: item.net, text: item.text}
"""


def documents():
    """Make a hundred documents in which every case turns up in some and not in others."""
    for number in range(100):
        yield {
            "kind": ("invoice", "contract", "other")[number % 3],
            "name": f"Name {number}",
            "number": number,
            "currency": ("EUR", "kr", "Taler")[number % 7 % 3],
            "total": Decimal(number * 50) + Decimal("0.005"),
            "count": number if number % 10 else "x",
            "items": [{"net": Decimal("1.00"), "text": "a"}, {"net": 2, "text": None}][: number % 5 % 3],
            **({"note": None} if number % 4 == 0 else {"note": "n"} if number % 4 == 1 else {}),
        }


def made(text):
    """Return what a route makes of the documents, said a second time: with apply() and nothing of the workbench."""
    route = load_route(Path("r.yaml"), text)
    found = []
    for document in documents():
        mapped, problems = route.attempt(copy.deepcopy(document))
        found.append("rejected" if problems else "skipped" if mapped.skipped else mapped.payload)
    return found


def flat(value, path=""):
    """Return every single value with its place, each as it is written: 1, 1.0, "1" and null all differ."""
    if isinstance(value, dict) and value:
        return {place: one for key, item in value.items() for place, one in flat(item, f"{path}.{key}").items()}
    if isinstance(value, list) and value:
        return {
            place: one for number, item in enumerate(value) for place, one in flat(item, f"{path}[{number}]").items()
        }
    return {path: repr(value) if isinstance(value, str | bool | list | dict) else str(value)}


def counted(old, new):
    """Count independently: by field the documents in which it differs, and by kind those whose fate is another one."""
    fields, fates = Counter(), Counter()
    for before, after in zip(made(old), made(new), strict=True):
        if isinstance(before, dict) and isinstance(after, dict):
            one, other = flat(before), flat(after)
            places = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
            targets = {
                "".join("[]" if c == "[" else c for c in key if not c.isdigit() and c != "]")[1:] for key in places
            }
            fields.update(targets)
            fates["changed"] += bool(targets)
        elif type(before) is not type(after) or before != after:
            fates[after if isinstance(after, str) else f"no longer {before}"] += 1
    return dict(fields), {kind: count for kind, count in fates.items() if count}


def replayed(old, new):
    """Count the same with the workbench."""
    before, after = load_route(Path("r.yaml"), old), load_route(Path("r.yaml"), new)
    blast = Blast()
    for number, document in enumerate(documents()):
        blast.add(str(number), judged(before, document, None), judged(after, document, None))
    fates = {
        "changed": blast.changed,
        "rejected": blast.failing,
        "skipped": blast.skipped,
        "no longer skipped": blast.unskipped,
        "no longer rejected": blast.passing,
    }
    assert blast.documents == 100
    assert blast.unchanged + sum(group.documents for group in fates.values()) == 100
    assert sum(group.documents for group in blast.causes.values()) == blast.failing.documents
    fields = {target: field.documents for target, field in blast.fields.items()}
    return fields, {kind: group.documents for kind, group in fates.items() if group.documents}


EDITS = {
    "a field is renamed": ("  note: note", "  remark: note"),
    "a field is left out": ("  note: note\n", ""),
    "a field is new": ("  note: note\n", "  note: note\n  extra: name\n"),
    "a constant": ("  note: note", "  note: {value: x}"),
    "another source": ("  note: note", "  note: name"),
    "text instead of a number": ("  count: {from: count, type: integer}", "  count: {from: count, type: string}"),
    "1 becomes 1.0": ("item.net,", "item.net | round(1),"),
    "a default": ("default: EUR", "default: XXX"),
    "no default": (", default: EUR", ""),
    "null where there was nothing": ("  note: note", "  note: note | default(none)"),
    "nothing where there was null": ("  note: note", "  note: {from: note, when: note != none}"),
    "a row of a table": ("kr: SEK", "kr: NOK"),
    "one row more": ("kr: SEK}", "kr: SEK, Taler: THB}"),
    "one row less": (", kr: SEK", ""),
    "rounding": ("total | round(2)", "total | round(1)"),
    "no rounding": ("total | round(2)", "total"),
    "the order of a list": (
        "[kind, {value: large, when: total >= 1000}]",
        "[{value: large, when: total >= 1000}, kind]",
    ),
    "a condition in a list": ("total >= 1000", "total >= 2000"),
    "a condition of items": ("    as: item\n", "    as: item\n    when: item.text != none\n"),
    "a field of items": ("text: item.text", "text: item.text | upper"),
    "a template": ('"{{ name }} {{ number }}"', '"{{ number }} {{ name }}"'),
    "more is skipped": ("['invoice', 'contract']", "['invoice']"),
    "less is skipped": ("['invoice', 'contract']", "['invoice', 'contract', 'other']"),
    "other is skipped": ("['invoice', 'contract']", "['invoice', 'other']"),
    "a field is required": ("  note: note", "  note: {from: note, required: true}"),
    "what was rejected passes": ("type: integer}", "type: integer, on_error: skip}"),
    "another type that fails": ("  note: note", "  note: {from: note, type: integer}"),
}
SAME = {
    "the order of keys": ("{net: item.net, text: item.text}", "{text: item.text, net: item.net}"),
    "a decimal that was one anyway": ("item.net,", "{from: item.net, type: decimal},"),
    "a comment": ("fields:\n", "fields:  # all of them\n"),
    "another way to write it": ("  note: note", "  note: {from: note}"),
    "a row nobody needs": ("kr: SEK}", "kr: SEK, nobody: XXX}"),
    "a var for an expression": ("fields:\n  title: {template", "vars: {who: name}\nfields:\n  title: {template"),
    "a description": ("source: a.b", "description: x\nsource: a.b"),
}


def edited(old, new):
    assert ROUTE.count(old) == 1, old
    return ROUTE.replace(old, new)


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_found_in_exactly_the_documents_that_it_changes(edit):
    new = edited(*EDITS[edit])
    expected = counted(ROUTE, new)
    assert replayed(ROUTE, new) == expected
    assert replayed(new, ROUTE) == counted(new, ROUTE)
    assert any(expected), "an edit that changes nothing shows nothing"


@pytest.mark.parametrize("edit", SAME)
def test_an_edit_that_changes_nothing_is_not_found(edit):
    new = edited(*SAME[edit])
    assert new != ROUTE
    assert counted(ROUTE, new) == ({}, {})
    assert replayed(ROUTE, new) == ({}, {})


@pytest.mark.parametrize(
    ("before", "after", "ways"),
    [
        ({"a": 1}, {"a": Decimal("1.0")}, {("9", "9.9")}),
        ({"a": 1}, {"a": "1"}, {("9", '"9"')}),
        ({"a": None}, {}, {("null", "nothing")}),
        ({"a": []}, {}, {("a list of 0", "nothing")}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": True}}, {("nothing", "true or false")}),
        ({"a": {"b": 1}}, {}, {("9", "nothing")}),
        ({"a": "Müller"}, {"a": ["Müller"]}, {('"Aaaaaa"', "a list of 1")}),
    ],
)
def test_ways_are_told_as_shapes_and_tell_kinds_apart(before, after, ways):
    blast = Blast()
    blast.add("d", Judged(before), Judged(after))
    (field,) = blast.fields.values()
    assert set(field.ways) == ways


def test_values_are_shown_as_they_are_only_if_asked_for():
    blast = Blast(values=True)
    blast.add("d", Judged({"a": Decimal("1.10")}), Judged({"a": "Müller"}))
    assert set(blast.fields["a"].ways) == {("1.10", '"Müller"')}


def test_which_files_travel_counts_as_well():
    blast = Blast()
    blast.add("d", Judged({}, ("f1",)), Judged({}, ("f1", "f2")))
    assert blast.fields.keys() == {FILES}
