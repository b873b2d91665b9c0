"""What every key of a rule does, and in which order."""

from decimal import Decimal

import pytest

from mappings.language import MappingError


def payload(route, rules, document):
    return route(f"fields:\n{rules}").apply(document).payload


def reasons(route, rules, document):
    with pytest.raises(MappingError) as caught:
        route(f"fields:\n{rules}").apply(document)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("rule", "document", "expected"),
    [
        # where the value comes from
        ("a", {"a": "x"}, "x"),
        ("a.b[0]", {"a": {"b": ["x"]}}, "x"),
        ("{from: a}", {"a": Decimal("12345678901234567.89")}, Decimal("12345678901234567.89")),
        ("{from: a}", {"a": {"b": [1, {"c": None}]}}, {"b": [1, {"c": None}]}),
        ("{from: a + 0.1}", {"a": Decimal("0.2")}, Decimal("0.3")),
        ("a ~ '-' ~ b", {"a": "x", "b": 1}, "x-1"),
        ('{template: "{{ a }}!"}', {"a": "x"}, "x!"),
        ("{value: NO}", {}, "NO"),
        ("{value: 1.50}", {}, Decimal("1.50")),
        ("{value: null}", {}, None),
        ("{value: {a: [1, true]}}", {}, {"a": [1, True]}),
        ("{fields: {x: a, y.z: b}}", {"a": 1, "b": 2}, {"x": 1, "y": {"z": 2}}),
        ("{list: [a, {value: 2}, {x: a}]}", {"a": 1}, [1, 2, {"x": 1}]),
        (
            "{each: a, as: item, fields: {x: item.y, n: index, r: b}}",
            {"a": [{"y": 5}, {"y": 6}], "b": 0},
            [{"x": 5, "n": 1, "r": 0}, {"x": 6, "n": 2, "r": 0}],
        ),
        (
            "{each: a, as: i, fields: {k: {each: i.b, as: j, fields: {v: j, of: i.n}}}}",
            {"a": [{"n": 1, "b": [7, 8]}]},
            [{"k": [{"v": 7, "of": 1}, {"v": 8, "of": 1}]}],
        ),
        # when
        ("{from: a, when: b > 1}", {"a": 1, "b": 2}, 1),
        ("{from: a, when: b > 1, default: 5}", {"a": 1, "b": 1}, "nothing"),
        ("{from: a, when: b > 1}", {"a": 1}, "nothing"),
        ("{from: a, when: b > 1}", {"a": 1, "b": None}, "nothing"),
        ("{from: a, when: b > 1, required: true}", {}, "nothing"),
        ("{when: b, fields: {x: a}}", {"a": 1}, "nothing"),
        ("{when: b, fields: {x: a}}", {"a": 1, "b": "y"}, {"x": 1}),
        ("{when: b, list: [a]}", {"a": 1}, "nothing"),
        ("{each: a, as: item, when: item.y != 0, fields: {x: item.y}}", {"a": [{"y": 0}, {"y": 6}, {}]}, [{"x": 6}]),
        # null and missing
        ("a", {}, "nothing"),
        ("a", {"a": None}, None),
        ("{from: a, default: 5}", {}, 5),
        ("{from: a, default: 5}", {"a": None}, 5),
        ("{from: a, default: 5}", {"a": 0}, 0),
        ("{from: a, default: 5}", {"a": ""}, ""),
        ("{from: a, default: null}", {}, None),
        ("{from: a, default: [1, {b: 2}]}", {}, [1, {"b": 2}]),
        ("{from: a, default: x, type: integer}", {}, "x"),
        ("{from: a, type: integer}", {"a": None}, None),
        ('{template: "x{{ a }}"}', {"a": None}, "nothing"),
        ('{template: "x{{ a }}", default: y}', {}, "y"),
        ("{fields: {x: a}}", {}, "nothing"),
        ("{fields: {x: a}, default: none given}", {}, "none given"),
        ("{list: [a, b]}", {"b": 1}, [1]),
        ("{list: [a, b]}", {}, []),
        ("{list: [a, null_one]}", {"null_one": None}, [None]),
        ("{list: [a, b], default: [x]}", {}, ["x"]),
        ("{list: []}", {}, []),
        ("{each: a, as: i, fields: {x: i}}", {}, "nothing"),
        ("{each: a, as: i, fields: {x: i}}", {"a": None}, "nothing"),
        ("{each: a, as: i, fields: {x: i}}", {"a": []}, []),
        ("{each: a, as: i, fields: {x: i.y}}", {"a": [{}, {"y": 1}]}, [{"x": 1}]),
        # types
        ("{from: a, type: string}", {"a": Decimal("1E+3")}, "1000"),
        ("{from: a, type: string}", {"a": Decimal("1.50")}, "1.50"),
        ("{from: a, type: string}", {"a": True}, "true"),
        ("{from: a, type: string}", {"a": 7}, "7"),
        ("{from: a, type: integer}", {"a": "-0012"}, -12),
        ("{from: a, type: integer}", {"a": Decimal("12.00")}, 12),
        ("{from: a, type: integer}", {"a": 12}, 12),
        ("{from: a, type: decimal}", {"a": "12.50"}, Decimal("12.50")),
        ("{from: a, type: decimal}", {"a": "+12"}, Decimal(12)),
        ("{from: a, type: decimal}", {"a": 12}, Decimal(12)),
        ("{from: a, type: decimal}", {"a": Decimal("-0.10")}, Decimal("-0.10")),
        ("{from: a, type: boolean}", {"a": "True"}, True),
        ("{from: a, type: boolean}", {"a": False}, False),
        ("{from: a, type: date}", {"a": "2026-02-27"}, "2026-02-27"),
        ('{from: a, type: date, format: "%d.%m.%Y"}', {"a": "27.02.2026"}, "2026-02-27"),
        ('{from: a, type: date, format: "%d.%m.%Y"}', {"a": "7.2.2026"}, "2026-02-07"),
        ('{from: a, type: date, format: "%m/%d/%y"}', {"a": "02/27/26"}, "2026-02-27"),
        ('{from: a, type: date, format: "%Y-%m-%dT%H:%M:%SZ"}', {"a": "2026-02-27T23:59:00Z"}, "2026-02-27"),
        # on_error
        ("{from: a, type: integer, on_error: skip}", {"a": "x"}, "nothing"),
        ("{from: a, type: integer, on_error: default, default: 0}", {"a": "x"}, 0),
        ("{from: a, type: integer, on_error: review}", {"a": "x"}, "nothing"),
        ("{from: a, required: true, on_error: skip}", {}, "nothing"),
        ("{from: a, when: a > 1, on_error: skip}", {"a": "x"}, "nothing"),
        ("{fields: {x: b, y: {from: a, required: true}}, on_error: skip}", {"b": 1}, "nothing"),
        ("{fields: {y: {from: a, required: true}}, on_error: default, default: 0}", {}, 0),
        ("{list: [{fields: {x: {from: a, required: true}}, on_error: skip}, b]}", {"b": 1}, [1]),
        ("{each: a, as: i, fields: {x: i}, on_error: skip}", {"a": "text"}, "nothing"),
    ],
)
def test_a_rule_gives_this(route, rule, document, expected):
    result = payload(route, f"  target: {rule}\n", document).get("target", "nothing")
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("rule", "document", "reason"),
    [
        ("{from: a.b, required: true}", {}, "target: a.b is missing"),
        ("{from: a.b, required: true}", {"a": {"b": None}}, "target: a.b is null"),
        ("{from: a.b, required: true}", {"a": None}, "target: a.b is missing"),
        (
            '{template: "{{ a }}{{ b }}{{ c }}", required: true}',
            {"c": None},
            "target: a and b are missing and c is null",
        ),
        ('{template: "{{ a | default(b) }}", required: true}', {}, "target: a and b are missing"),
        ("{from: \"'x' if a\", required: true}", {"a": False}, "target: ''x' if a' gives nothing"),
        ("{from: a, type: integer}", {"a": "12.5"}, "target: a is not a whole number (looks like '99.9')"),
        ("{from: a, type: integer}", {"a": Decimal("12.5")}, "target: a is not a whole number (looks like '99.9')"),
        ("{from: a, type: integer}", {"a": True}, "target: a is not a number (is true or false)"),
        ("{from: a, type: integer}", {"a": "٣"}, "target: a is not a whole number (looks like '9')"),
        (
            "{from: a, type: integer}",
            {"a": 10**40},
            "target: a is a number of more than 30 digits before or after the decimal point",
        ),
        ("{from: a, type: decimal}", {"a": "12,50 EUR"}, "target: a is not a number (looks like '99,99 AAA')"),
        ("{from: a, type: decimal}", {"a": "1e5"}, "target: a is not a number (looks like '9a9')"),
        ("{from: a, type: decimal}", {"a": "1_000"}, "target: a is not a number (looks like '9_999')"),
        ("{from: a, type: decimal}", {"a": " 1"}, "target: a is not a number (looks like ' 9')"),
        ("{from: a, type: decimal}", {"a": ".5"}, "target: a is not a number (looks like '.9')"),
        ("{from: a, type: decimal}", {"a": "NaN"}, "target: a is not a number (looks like 'AaA')"),
        (
            "{from: a, type: decimal}",
            {"a": 0.1},
            "target: a is a binary float, which cannot be exact; it must arrive as a decimal",
        ),
        ("{from: a, type: decimal}", {"a": [1]}, "target: a is not a number (is a list of 1)"),
        ("a", {"a": 0.1}, "target: a is or holds a binary float, which cannot be exact; it must arrive as a decimal"),
        (
            "a",
            {"a": {"b": [0.1]}},
            "target: a is or holds a binary float, which cannot be exact; it must arrive as a decimal",
        ),
        ("{from: a, type: boolean}", {"a": "yes"}, "target: a is not true or false (looks like 'aaa')"),
        ("{from: a, type: boolean}", {"a": 1}, "target: a is not true or false (looks like '9')"),
        ("{from: a, type: string}", {"a": {}}, "target: a cannot be written as text (is an object with 0 fields)"),
        (
            "{from: a, type: date}",
            {"a": "27.02.2026"},
            "target: a is not a date of the form YYYY-MM-DD (looks like '99.99.9999')",
        ),
        (
            "{from: a, type: date}",
            {"a": "2026-02-30"},
            "target: a is not a day of the calendar (looks like '9999-99-99')",
        ),
        (
            "{from: a, type: date}",
            {"a": 20260227},
            "target: a is not a date of the form YYYY-MM-DD (looks like '99999999')",
        ),
        (
            '{from: a, type: date, format: "%d.%m.%Y"}',
            {"a": "27-02-2026"},
            "target: a is not a date of the form %d.%m.%Y (looks like '99-99-9999')",
        ),
        (
            '{from: a, type: date, format: "%d.%m.%Y"}',
            {"a": "30.02.2026"},
            "target: a is not a date of the form %d.%m.%Y (looks like '99.99.9999')",
        ),
        (
            '{from: a, type: date, format: "%d.%m.%Y"}',
            {"a": "27.02.2026 "},
            "target: a is not a date of the form %d.%m.%Y (looks like '99.99.9999 ')",
        ),
        (
            "{from: a, when: b >= 5}",
            {"a": 1, "b": "x"},
            "target: when 'b >= 5' cannot be compared by size (looks like 'a'); both sides must be numbers, or both text",
        ),
        ("a | trim", {"a": 5}, "target: 'a | trim' is not text (looks like '9')"),
        ("{fields: {x: {from: a, required: true}}}", {}, "target.x: a is missing"),
        ("{fields: {x: a}, required: true}", {}, "target: none of its fields has a value"),
        ("{list: [a], required: true}", {}, "target: none of its items has a value"),
        ("{list: [a, {x: {from: b, required: true}}]}", {"a": 1}, "target[1].x: b is missing"),
        ("{list: [a, {from: b, type: integer}]}", {"b": "x"}, "target[1]: b is not a whole number (looks like 'a')"),
        (
            "{each: a, as: i, fields: {x: {from: i.y, required: true}}}",
            {"a": [{"y": 1}, {}]},
            "target[1].x: i.y is missing",
        ),
        (
            "{each: a, as: i, fields: {k: {each: i, as: j, fields: {v: {from: j, type: integer}}}}}",
            {"a": [[], [1, "x"]]},
            "target[1].k[1].v: j is not a whole number (looks like 'a')",
        ),
        ("{each: a, as: i, fields: {x: i}}", {"a": {"y": 1}}, "target: a is not a list (is an object with 1 fields)"),
        ("{each: a, as: i, fields: {x: i}, required: true}", {}, "target: a is missing"),
        ("{each: a, as: i, fields: {x: i}, required: true}", {"a": None}, "target: a is null"),
        (
            "{each: a, as: i, when: i > 5, fields: {x: i}, required: true}",
            {"a": [1]},
            "target: a has no items that apply",
        ),
    ],
)
def test_a_rule_says_why_it_cannot(route, rule, document, reason):
    assert reasons(route, f"  target: {rule}\n", document) == [reason]


def test_all_problems_of_a_document_are_collected_with_lines_and_sources(route):
    loaded = route(
        "fields:\n  a: {from: x, required: true}\n  b.c:\n    {template: '{{ y }}{{ z }}', required: true}\n  d: {value: 1}\n"
    )
    with pytest.raises(MappingError) as caught:
        loaded.apply({"y": "1"})
    assert [(p.line, p.target, p.sources) for p in caught.value.problems] == [(4, "a", ("x",)), (6, "b.c", ("y", "z"))]
    assert str(caught.value) == "a: x is missing; b.c: z is missing"


def test_a_reason_stays_readable_however_many_problems_there_are(route):
    loaded = route("fields: {lines: {each: a, as: i, fields: {x: {from: i.y, required: true}}}}")
    with pytest.raises(MappingError) as caught:
        loaded.apply({"a": [{}] * 500})
    assert len(caught.value.problems) == 500
    assert str(caught.value).endswith("lines[9].x: i.y is missing; and 490 more")


def test_reviews_are_told_and_the_document_passes(route):
    loaded = route(
        "fields: {a: {value: 1}, b: {from: x, type: integer, on_error: review}, c: {list: [{y: {from: z, required: true}}], on_error: review}}"
    )
    mapped = loaded.apply({"x": "soon"})
    assert mapped.payload == {"a": 1}
    assert tuple(map(str, mapped.reviews)) == ("b: x is not a whole number (looks like 'aaaa')", "c[0].y: z is missing")


def test_targets_with_the_same_beginning_share_an_object(route):
    assert payload(route, "  a.b: x\n  c: x\n  a.d.e: x\n  a.d.f: x\n", {"x": 1}) == {
        "a": {"b": 1, "d": {"e": 1, "f": 1}},
        "c": 1,
    }


def test_a_payload_shares_nothing_with_the_document_or_with_the_next_payload(route):
    loaded = route("fields: {a: x, b: {value: [1]}, c: {from: y, default: [2]}}")
    document = {"x": {"deep": [1]}}
    first = loaded.apply(document).payload
    first["a"]["deep"].append(2)
    first["b"].append(2)
    first["c"].append(3)
    assert document == {"x": {"deep": [1]}}
    assert loaded.apply(document).payload == {"a": {"deep": [1]}, "b": [1], "c": [2]}


def test_the_item_hides_a_field_of_the_same_name_only_inside_each(route):
    assert payload(route, "  l: {each: a, as: a, fields: {x: a}}\n  n: index\n", {"a": [1], "index": "mine"}) == {
        "l": [{"x": 1}],
        "n": "mine",
    }


def test_provenance_has_an_entry_per_written_field(route):
    loaded = route(
        "fields:\n  a: x\n  b: y\n  t: {list: [y, x, {v: x}]}\n  l: {each: m, as: i, fields: {p: i, q: i.z}}\n  s: {list: [{fields: {u: x, w: {from: y, required: true}}, on_error: skip}]}\n"
    )
    mapped = loaded.apply({"x": 1, "m": [7, 8]})
    assert mapped.payload == {"a": 1, "t": [1, {"v": 1}], "l": [{"p": 7}, {"p": 8}], "s": []}
    facts = [
        (loaded.rules[number].target, loaded.rules[number].sources, positions)
        for number, positions in mapped.provenance
    ]
    assert facts == [
        ("a", ("x",), ()),
        ("t[]", ("x",), (1,)),
        ("t[].v", ("x",), (2,)),
        ("l[].p", ("i",), (0,)),
        ("l[].p", ("i",), (1,)),
        ("s", (), ()),
    ]
    assert loaded.rules[0].line == 4
