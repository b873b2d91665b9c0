"""Names for expressions: what they see, how often they are evaluated, and what is told of them."""

import copy
from decimal import Decimal

import pytest

from mappings.language import MappingError
from mappings.language.expressions import compile_expression
from mappings.language.model import Var, Written
from mappings.language.problems import TOP, Findings
from mappings.language.variables import Variables


def test_a_var_is_read_by_its_name_in_every_expression_template_and_condition(route):
    loaded = route(
        "vars: {net: total - tax, label: kind | default('Document')}\n"
        "when: net > 0\n"
        "fields:\n"
        "  a: net\n"
        "  b: net * 2\n"
        '  c: {template: "{{ label }}: {{ net }}"}\n'
        "  d: {value: 1, when: label == 'Document'}\n"
        "  e: {each: lines, as: line, when: line < net, fields: {x: line / net, y: label}}\n"
        "  f: {list: [label]}\n"
        "  g: {first: [absent, label]}\n"
    )
    mapped = loaded.apply({"total": 5, "tax": 1, "lines": [2, 9]})
    assert mapped.payload == {
        "a": 4,
        "b": 8,
        "c": "Document: 4",
        "d": 1,
        "e": [{"x": Decimal("0.5"), "y": "Document"}],
        "f": ["Document"],
        "g": "Document",
    }
    assert loaded.apply({"total": 1, "tax": 1}).skipped == "the route applies only when net > 0"


def test_vars_build_on_each_other_in_any_order_and_have_paths_inside(route):
    loaded = route(
        "vars:\n  name: partner.name | trim\n  partner: parties[0]\n  parties: entities.all\n"
        "fields:\n  a: name\n  b: partner.address['post code']\n  c: parties[-1]\n  d: partner.name[0]\n"
    )
    document = {"entities": {"all": [{"name": " A ", "address": {"post code": "1"}}, 7]}, "partner": "hidden"}
    before = copy.deepcopy(document)
    assert loaded.apply(document).payload == {"a": "A", "b": "1", "c": 7}
    assert document == before


def test_missing_and_null_pass_through_a_var_as_they_are(route):
    loaded = route("vars: {v: a.b}\nfields: {x: v, y: {from: v, default: none}, z: v is defined}\n")
    assert loaded.apply({}).payload == {"y": "none", "z": False}
    assert loaded.apply({"a": {"b": None}}).payload == {"x": None, "y": "none", "z": True}


def test_a_var_hides_the_documents_field_and_is_hidden_by_nothing(route):
    loaded = route(
        "vars: {label: kind ~ '!'}\nfields: {a: label, l: {each: items, as: kind, fields: {own: kind, var: label}}}\n"
    )
    document = {"label": "the document's", "kind": "invoice", "items": [1]}
    assert loaded.apply(document).payload == {"a": "invoice!", "l": [{"own": 1, "var": "invoice!"}]}


def test_the_fields_of_a_document_cannot_reach_where_the_values_of_vars_are_kept(route):
    loaded = route("vars: {v: a}\nfields: {x: v}\n")
    assert loaded.apply({"a": 1, "__vars__": {"v": 2}, "vars": 3}).payload == {"x": 1}
    assert route("fields: {x: vars}\n").apply({"vars": 3}).payload == {"x": 3}


def counted(counts: list[object]):
    """Make vars over a document whose field `a` counts how often it is read."""

    class Counting(dict[str, object]):
        def get(self, key: str, default: object = None) -> object:
            counts.append(key)
            return super().get(key, default)

    names = {
        name: Var(TOP, name, Written(TOP, text, TOP))
        for name, text in {"v": "a.b + 1", "w": "v + v", "bad": "a.b | trim"}.items()
    }
    variables = Variables(names, {}, Findings(None))
    return variables, variables.scope({"a": Counting(b=1)})


def test_a_var_is_evaluated_once_per_document_and_only_if_it_is_used():
    reads: list[object] = []
    variables, scope = counted(reads)
    assert reads == []
    for text in ("w", "v", "w * w"):
        compile_expression(text, {}, variables.find).evaluate(scope)
    assert reads == ["b"]


def test_a_var_that_fails_is_tried_once_and_named_by_whoever_uses_it():
    reads: list[object] = []
    variables, scope = counted(reads)
    for text in ("bad", "bad ~ bad"):
        with pytest.raises(Exception, match=r"is not text") as caught:
            compile_expression(text, {}, variables.find).evaluate(scope)
        assert caught.value.subject == "var 'bad'"
    assert reads == ["b"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("x: big", "x: var 'net' is text, and text cannot be calculated with (looks like 'a'); join text with ~"),
        (
            "x: {value: 1, when: net > 1}",
            "x: when 'net > 1': var 'net' is text, and text cannot be calculated with (looks like 'a'); join text with ~",
        ),
        ("x: {from: gone, required: true}", "x: entities.a and entities.b are missing"),
        (
            "l: {each: lines, as: entities, fields: {x: {from: gone, required: true}}}",
            "l[0].x: entities.a and entities.b are missing",
        ),
        ("x: {from: kind, lookup: t, required: true}", "x: 'kind' has no entry in table 't' (looks like '9')"),
    ],
)
def test_a_reason_names_the_var_or_the_paths_behind_it(route, rule, reason):
    text = (
        "tables: {t: {a: b}}\n"
        "vars: {net: amount * 2, big: net + 1, gone: half ~ entities.b, half: entities.a, kind: total | length}\n"
    )
    with pytest.raises(MappingError) as caught:
        route(f"{text}fields: {{{rule}}}\n").apply({"amount": "x", "total": [1], "lines": [{"a": 1, "b": 2}]})
    assert str(caught.value) == reason


def test_rules_know_the_paths_and_tables_behind_their_vars(route):
    loaded = route(
        "tables: {t: {a: b}, u: {a: b}}\n"
        "vars: {label: kind | lookup('t'), both: label ~ number}\n"
        "fields: {x: {from: both, lookup: u, when: label}, y: id}\n"
    )
    facts = loaded.rules[0]
    assert (facts.sources, facts.conditions, facts.tables) == (("kind", "number"), ("kind",), ("u", "t"))
    assert loaded.rules[1].tables == ()


def test_a_chain_of_vars_has_an_end(route):
    chain = {number: f"v{number}: v{number + 1} ~ 'x'\n  " for number in range(39)}
    loaded = route(f"vars:\n  {''.join(chain.values())}v39: a\nfields: {{x: v0}}\n")
    assert loaded.apply({"a": "a"}).payload == {"x": "a" + 39 * "x"}
