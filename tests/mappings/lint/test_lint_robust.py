"""Whatever a route file holds, the lint ends with findings inside the file."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import mappings
from mappings.language import read_draft
from mappings.workbench.lint import Known, Severity, lint
from tests.mappings.lint.ends import DESTINATION, FEEDBACK, SOURCE
from tests.mappings.lint.strategies import CONDITIONS, EXPRESSIONS

KNOWN = Known(SOURCE, DESTINATION, FEEDBACK, {"source": "unknown"}, [{"id": "1", "lines": [{"net": 1}]}])
SHIPPED = {path.name: path.read_text(encoding="utf-8") for path in Path(mappings.__file__).parent.glob("*.yaml")}
FOLDER = Path(mappings.__file__).parent


def test_of_a_table_that_could_not_be_read_whole_nothing_is_concluded(tmp_path):
    (tmp_path / "flags.csv").write_text("key,value\na,TRUE\nb,WAHR\n")
    route = tmp_path / "route.yaml"
    route.write_text(
        "source: hypatos.documents\ndestination: zefort.contracts\ntables: {flags: {file: flags.csv, type: boolean}}\n"
        "fields: {note: {value: x, when: \"kind | lookup('flags')\"}}\n"
    )
    found = lint(read_draft(route), Known())
    assert [each.code for each in found if each.severity is not Severity.NOTE] == ["invalid-table"]


def test_a_line_in_another_encoding_is_told_where_it_stands(tmp_path):
    route = tmp_path / "route.yaml"
    route.write_bytes("source: a.b\ndestination: c.d\n# Müller\nfields: {a: b}\n".encode("latin-1"))
    (found,) = lint(read_draft(route), Known())
    assert (found.code, found.line, found.column) == ("invalid-route", 3, 1)


TARGETS = "title note value state parties rows tags address.city attributes.x created oops"
NAMES = st.sampled_from(TARGETS.split())
FIXED = st.sampled_from(["x", "EUR", "{{ a }}", "1e5", "yes", " a ", 5, True, None, [1], {"a": "b"}])
CONDITION = st.fixed_dictionaries({}, optional={"when": CONDITIONS, "on_error": st.sampled_from(["skip", "review"])})


def _rules(inner):
    fields = st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    made = st.one_of(
        fields.map(lambda each: {"fields": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"list": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"first": each}),
        st.tuples(st.sampled_from(["lines", "tags", "item.taxes", "kind"]), fields).map(
            lambda each: {"each": each[0], "as": "item", "fields": each[1]}
        ),
    )
    return st.tuples(made, CONDITION).map(lambda each: {**each[0], **each[1]})


LEAVES = st.one_of(
    EXPRESSIONS,
    st.tuples(
        st.one_of(
            EXPRESSIONS.map(lambda each: {"from": each}),
            EXPRESSIONS.map(lambda each: {"template": f"a {{{{ {each} }}}}"}),
            FIXED.map(lambda each: {"value": each}),
        ),
        CONDITION,
        st.fixed_dictionaries(
            {},
            optional={
                "default": FIXED,
                "required": st.booleans(),
                "lookup": st.just("t"),
                "type": st.sampled_from(["string", "decimal", "integer", "date", "country", "money"]),
            },
        ),
    ).map(lambda each: {**each[0], **each[1], **each[2]}),
)
RULES = st.recursive(LEAVES, _rules, max_leaves=5)
ROUTES = st.fixed_dictionaries(
    {
        "fields": st.dictionaries(NAMES, RULES, min_size=1, max_size=4),
        "tables": st.just({"t": {"EUR": "euro", "a": 1}}),
    },
    optional={"when": CONDITIONS, "vars": st.fixed_dictionaries({"v": EXPRESSIONS, "w": st.just("v ~ 'x'")})},
)


def inside(found, text):
    lines = text.splitlines() or [""]
    for each in found:
        assert 1 <= each.line <= len(lines)
        assert 1 <= each.column <= each.end_column <= len(lines[each.line - 1]) + 1
        assert each.text == lines[each.line - 1][each.column - 1 : each.end_column - 1]
        assert each.message
        assert "\n" not in each.message


@settings(max_examples=80, deadline=None)
@given(route=ROUTES)
def test_no_route_is_too_much(route):
    text = json.dumps({"source": "shop.orders", "destination": "books.entries", **route}, indent=1)
    inside(lint(read_draft(Path("route.yaml"), text), KNOWN), text)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_no_edit_of_a_shipped_route_is_too_much(data):
    text = data.draw(st.sampled_from(sorted(SHIPPED.values())))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(start + data.draw(st.integers(0, 30)), len(text))
        put = data.draw(
            st.sampled_from([*"{}[]'\":,.|#&-\n\t 0", "", "{{", " and ", "x: y", "when: ", text[start:end] * 2])
        )
        text = text[:start] + put + text[end:]
    draft = read_draft(FOLDER / "edited.yaml", text)
    found = lint(draft, KNOWN)
    inside([each for each in found if each.path == draft.path], text)
