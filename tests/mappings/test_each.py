"""Lists made of lists, also inside each other, and alternatives."""

import pytest

from mappings.language import MappingError

ORDERS = {
    "currency": "EUR",
    "orders": [
        {"id": "A", "lines": [{"n": 5}, {"n": 0}, {"n": 7}], "tags": ["x"]},
        {"id": "B", "lines": []},
        {"id": "C", "lines": [{"n": 9}], "tags": None},
    ],
}


def test_each_inside_each_sees_both_items_and_both_numbers(route):
    loaded = route(
        "fields:\n"
        "  orders:\n"
        "    each: orders\n"
        "    as: order\n"
        "    index: position\n"
        "    fields:\n"
        "      number: position\n"
        "      lines:\n"
        "        each: order.lines\n"
        "        as: line\n"
        "        when: line.n != 0\n"
        "        fields: {at: index, of: order.id, order: position, n: line.n, currency: currency}\n"
    )
    assert loaded.apply(ORDERS).payload["orders"] == [
        {
            "number": 1,
            "lines": [
                {"at": 1, "of": "A", "order": 1, "n": 5, "currency": "EUR"},
                {"at": 3, "of": "A", "order": 1, "n": 7, "currency": "EUR"},
            ],
        },
        {"number": 2, "lines": []},
        {"number": 3, "lines": [{"at": 1, "of": "C", "order": 3, "n": 9, "currency": "EUR"}]},
    ]


def test_index_is_the_number_of_the_innermost_item_unless_that_has_another_name(route):
    loaded = route(
        "fields:\n"
        "  a: {each: orders, as: o, fields: {i: index, l: {each: o.lines, as: l, fields: {i: index}}, after: index}}\n"
        "  b: {each: orders, as: o, fields: {l: {each: o.lines, as: l, index: n, fields: {i: index, n: n}}}}\n"
    )
    payload = loaded.apply({"orders": [{"lines": []}, {"lines": [1, 2]}]}).payload
    assert payload["a"][1] == {"i": 2, "l": [{"i": 1}, {"i": 2}], "after": 2}
    assert payload["b"][1] == {"l": [{"i": 2, "n": 1}, {"i": 2, "n": 2}]}


def test_three_levels_and_a_list_without_relation_to_the_items_around(route):
    loaded = route(
        "fields:\n"
        "  x: {each: a, as: i, index: k, fields: {y: {each: i, as: j, index: l, fields: {z: {each: b, as: m, fields: {v: k ~ l ~ index ~ j ~ m}}}}}}\n"
    )
    assert loaded.apply({"a": [["p"], ["q", "r"]], "b": [8, 9]}).payload == {
        "x": [
            {"y": [{"z": [{"v": "111p8"}, {"v": "112p9"}]}]},
            {"y": [{"z": [{"v": "211q8"}, {"v": "212q9"}]}, {"z": [{"v": "221r8"}, {"v": "222r9"}]}]},
        ]
    }


def test_the_name_of_an_item_may_be_used_again_beside_it(route):
    rule = "{each: a, as: i, index: n, fields: {x: i, n: n}}"
    loaded = route(f"fields: {{p: {rule}, q: {rule}}}\n")
    assert loaded.apply({"a": [1]}).payload == {"p": [{"x": 1, "n": 1}], "q": [{"x": 1, "n": 1}]}


@pytest.mark.parametrize(
    ("rule", "document", "expected"),
    [
        ("{first: [a, b]}", {"a": 1, "b": 2}, 1),
        ("{first: [a, b]}", {"a": None, "b": 2}, 2),
        ("{first: [a, b]}", {"b": 0}, 0),
        ("{first: [a, b]}", {"a": "", "b": 2}, ""),
        ("{first: [a, b]}", {}, "nothing"),
        ("{first: [a, b]}", {"a": None}, None),
        ("{first: [a, b]}", {"b": None}, None),
        ("{first: [a, b], default: 5}", {"b": None}, 5),
        ("{first: [a, {value: 7}], default: 5}", {}, 7),
        ("{first: [{from: a, default: 6}, b]}", {"b": 2}, 6),
        ("{first: [{from: a, when: c}, b]}", {"a": 1, "b": 2}, 2),
        ("{first: [a, b], when: c}", {"a": 1}, "nothing"),
        ('{first: [{template: "{{ a }}-{{ b }}"}, b]}', {"b": 2}, 2),
        ("{first: [{from: a, lookup: t}, b]}", {"a": "?", "b": 2}, 2),
        ("{first: [a, b], lookup: t}", {"b": "k"}, "v"),
        ("{first: [a, b], lookup: t, default: d}", {"a": "?", "b": "k"}, "d"),
        ("{first: [a, b], type: integer}", {"b": "07"}, 7),
        ("{first: [a, b], type: integer, default: x}", {}, "x"),
        ("{first: [{from: a, type: integer, on_error: skip}, b]}", {"a": "x", "b": 2}, 2),
        ("{first: [{from: a, type: integer, on_error: default, default: 0}, b]}", {"a": "x", "b": 2}, 0),
        ("{first: [{from: a, type: integer}, b], on_error: skip}", {"a": "x", "b": 2}, "nothing"),
        ("{first: [a, b], type: integer, on_error: default, default: 0}", {"a": "x", "b": 2}, 0),
        ("{first: [{fields: {x: a}}, {fields: {x: b}}]}", {"b": 2}, {"x": 2}),
        ("{first: [{list: [a]}, {list: [b]}]}", {"b": 2}, []),
        ("{first: [{x: a, y: b}, b]}", {"b": 2}, {"y": 2}),
        ("{first: [{first: [a, b]}, c]}", {"c": 3}, 3),
        (
            "{each: l, as: i, fields: {x: {first: [i.y, i.z]}}}",
            {"l": [{"z": 1}, {"y": 2, "z": 3}]},
            [{"x": 1}, {"x": 2}],
        ),
        ("{list: [{first: [a, b]}, c]}", {"c": 3}, [3]),
    ],
)
def test_the_first_alternative_with_a_value_counts(route, rule, document, expected):
    loaded = route(f"tables: {{t: {{k: v}}}}\nfields:\n  target: {rule}\n")
    result = loaded.apply(document).payload.get("target", "nothing")
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("rule", "document", "reason"),
    [
        ("{first: [a, b.c], required: true}", {"a": None}, "target: b.c is missing and a is null"),
        ("{first: [{value: null}], required: true}", {}, "target: none of its alternatives has a value"),
        (
            "{first: [{from: a, type: integer}, b], required: true}",
            {"a": "x", "b": 2},
            "target: a is not a whole number (looks like 'a')",
        ),
        (
            "{first: [{from: a, type: integer}, {from: b, type: integer}]}",
            {"a": "x", "b": "xy"},
            "target: a is not a whole number (looks like 'a')",
        ),
        ("{first: [a, b], type: integer}", {"b": "x"}, "target: the value is not a whole number (looks like 'a')"),
        (
            "{each: l, as: i, fields: {x: {first: [i.y, {list: [{from: i.z, type: integer}]}]}}}",
            {"l": [{"y": 1}, {"z": "x"}]},
            "target[1].x[0]: i.z is not a whole number (looks like 'a')",
        ),
    ],
)
def test_alternatives_say_why_they_cannot(route, rule, document, reason):
    with pytest.raises(MappingError) as caught:
        route(f"fields:\n  target: {rule}\n").apply(document)
    assert str(caught.value) == reason


def test_only_the_alternative_that_won_leaves_a_trace(route):
    loaded = route(
        "fields:\n  a: {first: [x, y, z]}\n  b: {first: [{list: [x, z]}, z]}\n  c: {first: [x, u], default: 1}\n  d: {first: [{value: null}, u]}\n"
    )
    mapped = loaded.apply({"x": None, "y": 1, "z": 2})
    assert mapped.payload == {"a": 1, "b": [None, 2], "c": 1, "d": None}
    targets = [(loaded.rules[number].target, loaded.rules[number].sources) for number, _ in mapped.provenance]
    assert targets == [("a", ("y",)), ("b[]", ("x",)), ("b[]", ("z",)), ("c", ("x", "u")), ("d", ("u",))]
