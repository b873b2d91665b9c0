"""Where every field of a payload came from."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mappings
from mappings.language import MISSING, load_route
from mappings.language.numbering import numbered
from mappings.language.paths import read_path


def origins(route, text, document, files=None):
    """Map a document and return its origins by target."""
    loaded = route(text, files)
    return {origin.target: origin for origin in loaded.origins(document, loaded.apply(document))}


def sources(route, rules, document, before=""):
    found = origins(route, f"{before}fields:\n{rules}", document)
    return {target: dict(origin.sources) for target, origin in found.items()}


ITEMS = {"entities": {"items": [{"n": 0}, {"n": 1, "x": "a"}, {"n": 2}], "kind": "invoice", "at": 2}}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("  a.b: entities.kind\n", {"a.b": {"entities.kind": "invoice"}}),
        ("  a: entities.items[-1].n\n", {"a": {"entities.items[2].n": 2}}),
        ("  a: entities.items[entities.at - 1].x\n", {"a": {"entities.at": 2, "entities.items[1].x": "a"}}),
        ("  a: entities['kind']\n", {"a": {"entities.kind": "invoice"}}),
        ("  a: entities.items[0:1]\n", {"a": {"entities.items": ITEMS["entities"]["items"]}}),
        (
            "  a: entities.none | default(entities.kind)\n",
            {"a": {"entities.none": MISSING, "entities.kind": "invoice"}},
        ),
        ("  a: entities.kind or entities.at\n", {"a": {"entities.kind": "invoice"}}),
        ("  a: \"'x' if entities.at == 2 else entities.kind\"\n", {"a": {"entities.at": 2}}),
        (
            '  a: {template: "{{ entities.kind }}-{{ entities.at }}"}\n',
            {"a": {"entities.kind": "invoice", "entities.at": 2}},
        ),
        ("  a: {value: x}\n", {"a": {}}),
        ("  a: (entities.none or entities).kind\n", {"a": {"entities.none": MISSING, "entities": ITEMS["entities"]}}),
        (
            "  t: {list: [entities.none, entities.kind, {value: 1}]}\n",
            {"t[0]": {"entities.kind": "invoice"}, "t[1]": {}},
        ),
        (
            "  l: {each: entities.items, as: i, when: i.n > 0, fields: {p: index, n: i.n, k: entities.kind}}\n",
            {
                "l[0].p": {"index": 2},
                "l[0].n": {"entities.items[1].n": 1},
                "l[0].k": {"entities.kind": "invoice"},
                "l[1].p": {"index": 3},
                "l[1].n": {"entities.items[2].n": 2},
                "l[1].k": {"entities.kind": "invoice"},
            },
        ),
        (
            '  l: {each: "entities.items[1:]", as: i, fields: {n: i.n}}\n',
            {
                "l[0].n": {"entities.items[1].n": 1},
                "l[1].n": {"entities.items[2].n": 2},
            },
        ),
        (
            "  l: {each: \"['a', entities.kind]\", as: i, fields: {n: i}}\n",
            {
                "l[0].n": {"(['a', entities.kind])[0]": "a"},
                "l[1].n": {"(['a', entities.kind])[1]": "invoice"},
            },
        ),
        ("  a: {first: [entities.none, entities.kind, entities.at]}\n", {"a": {"entities.kind": "invoice"}}),
    ],
)
def test_the_sources_of_a_field_are_paths_of_the_document_with_their_values(route, rules, expected):
    assert sources(route, rules, ITEMS) == expected


def test_paths_are_followed_through_vars_and_items_of_items(route):
    document = {"all": {"orders": [{"id": "A", "lines": []}, {"id": "B", "lines": [{"n": 1}, {"n": 2}]}]}, "mul": 3}
    found = sources(
        route,
        "  o:\n    each: orders\n    as: order\n    index: number\n    fields:\n"
        "      l:\n        each: order.lines\n        as: line\n        when: line.n > 1\n"
        "        fields: {id: order.id, n: line.n, at: number, big: scaled}\n"
        "  last: last.id\n",
        document,
        "vars:\n  orders: all.orders\n  scaled: mul * 2\n  last: orders[-1]\n",
    )
    assert found == {
        "o[0].l": {"all.orders[0].lines": []},
        "o[1].l[0].id": {"all.orders[1].id": "B"},
        "o[1].l[0].n": {"all.orders[1].lines[1].n": 2},
        "o[1].l[0].at": {"number": 2},
        "o[1].l[0].big": {"mul": 3},
        "last": {"all.orders[1].id": "B"},
    }


def test_rows_are_told_with_their_lines_from_rules_filters_vars_and_alternatives(route):
    csv = "key,value\n\na,1\nb,2\n"
    found = origins(
        route,
        "tables:\n  t: {file: tables/t.csv, type: integer}\n  u:\n    '1': one\n    '2': two\n"
        "vars: {v: x | lookup('t')}\n"
        "fields:\n"
        "  rule: {from: x, lookup: t}\n"
        "  filter: y | lookup('t') | lookup('u')\n"
        "  var: v\n"
        "  first: {first: [absent, y], lookup: t, type: string}\n"
        "  default: {from: z, lookup: t, default: 9}\n"
        "  kept: {from: z, lookup: t, on_error: default, default: 8}\n",
        {"x": "a", "y": "b", "z": "?"},
        {"tables/t.csv": csv},
    )
    rows = {target: [(r.table, r.key, r.value, r.file, r.line) for r in o.rows] for target, o in found.items()}
    assert rows == {
        "rule": [("t", "a", 1, "tables/t.csv", 3)],
        "filter": [("t", "b", 2, "tables/t.csv", 4), ("u", "2", "two", None, 7)],
        "var": [("t", "a", 1, "tables/t.csv", 3)],
        "first": [("t", "b", 2, "tables/t.csv", 4)],
        "default": [],
        "kept": [],
    }
    assert {target for target, origin in found.items() if origin.by_default} == {"default", "kept"}


@pytest.mark.parametrize(
    ("rule", "by_default"),
    [
        ("{from: a, default: 1}", False),
        ("{from: b, default: 1}", True),
        ("{from: n, default: 1}", True),
        ("n", False),
        ("{from: a, type: integer, on_error: default, default: 1}", True),
        ("{from: a + 1, on_error: default, default: 1}", True),
        ("{from: a, when: a > 1, on_error: default, default: 1}", True),
        ("{list: [b], default: [1]}", True),
        ("{list: [b]}", False),
        ("{each: l, as: i, fields: {x: i}, default: [1]}", True),
        ("{each: a, as: i, fields: {x: i}, default: [1], on_error: default}", True),
        ("{fields: {x: b}, default: 1}", True),
        ("{first: [b, n], default: 1}", True),
        ("{first: [b, n]}", False),
        ("{first: [b, {from: n, default: 1}]}", True),
        ("{first: [a], type: integer, on_error: default, default: 1}", True),
        ("{first: [{fields: {x: {from: b, default: 1}}}]}", True),
        ("{first: [{list: [b]}]}", False),
    ],
)
def test_it_is_told_whether_a_default_was_written(route, rule, by_default):
    document = {"a": "text", "n": None, "l": []}
    found = origins(route, f"fields:\n  t: {rule}\n", document)
    (origin,) = found.values()
    assert origin.by_default is by_default


def test_the_text_of_the_rule_is_as_it_was_written(route):
    found = origins(
        route,
        "fields:\n"
        "  a:   { from: x,   default: 1 }   # why\n"
        "  b:\n"
        "    # before\n"
        "    from: x\n"
        "    default: 1  # inside\n"
        "    # after\n"
        "  c: {first: [y, 'x']}\n",
        {"x": Decimal(1)},
    )
    assert {target: (origin.line, origin.column, origin.rule) for target, origin in found.items()} == {
        "a": (4, 8, "{ from: x,   default: 1 }"),
        "b": (7, 5, "from: x\ndefault: 1"),
        "c": (10, 18, "'x'"),
    }


def leaves(value, path=()):
    """Give the paths of what is neither an object nor a list with something in it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inside or not value:
        yield path
    for key, inner in inside:
        yield from leaves(inner, (*path, key))


SHIPPED = load_route(Path(mappings.__file__).parent / "hypatos_to_zefort.yaml")
ANYTHING = """
vars: {v: a.b | default('x'), w: l}
fields:
  a: {list: [a, {x: b, y: v}, {list: [c, {each: w, as: i, when: i, fields: {z: i, k: {list: [i, index]}}}]}, b]}
  b: {each: l, as: i, index: n, fields: {y: {each: w, as: j, when: j != i, fields: {z: j, n: n, m: {first: [j, i]}}}, u: {list: [i]}}}
  c: {first: [{list: [a], when: a}, {fields: {x: b, y: {list: [c]}}}, {value: []}]}
  d: {fields: {x: {list: [a]}, y: {list: [b], default: [1, 2]}}}
"""
VALUES = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a"])


@pytest.fixture(scope="module")
def anything(tmp_path_factory):
    path = tmp_path_factory.mktemp("anything") / "anything.yaml"
    path.write_text(f"source: a.b\ndestination: c.d\n{ANYTHING}")
    return load_route(path)


@given(
    st.fixed_dictionaries(
        {}, optional={"a": VALUES, "b": VALUES, "c": VALUES, "l": st.none() | st.lists(VALUES, max_size=4)}
    )
)
def test_every_field_of_any_payload_has_one_origin_at_its_place_and_each_source_its_value(anything, document):
    mapped = anything.apply(document)
    found = [(read_path(origin.target), origin) for origin in anything.origins(document, mapped)]
    targets = [target for target, _ in found]
    assert len(set(targets)) == len(targets)
    for leaf in leaves(mapped.payload):
        if leaf:
            assert sum(leaf[: len(target)] == target for target in targets) == 1
    for target, origin in found:
        value = mapped.payload
        for key in target:
            value = value[key]
        if len(origin.sources) == 1 and origin.rule != "v":
            assert value == origin.sources[0][1] or origin.by_default or isinstance(value, list)


def test_numbers_of_rules_are_those_of_the_compiler(anything):
    chains = numbered(anything.draft.fields)
    assert [chain[-1][0] for chain in chains] == list(range(len(chains)))
    assert [(rule.mark.line, rule.mark.column, rule.target) for rule in (chain[-1][1] for chain in chains)] == [
        (facts.line, facts.column, facts.target) for facts in anything.rules
    ]
