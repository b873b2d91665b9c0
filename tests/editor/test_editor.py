"""What somebody sees who edits a route file: the language server of VS Code with the schemas that docferry writes."""

import re
from pathlib import Path

import pytest

import mappings
from mappings.language.conversions import TYPES
from mappings.language.model import (
    FEEDBACK_WORDS,
    FILES_WORDS,
    ON_ERROR_WORDS,
    ROUTE_KEYS,
    RULE_KEYS,
    TABLE_KEYS,
    TEST_KEYS,
)
from tests.mappings.test_route_file_docs import EXAMPLES, blocks

SHIPPED = Path(mappings.__file__).parent
LINE = "# yaml-language-server: $schema=schemas/route.schema.json\n"
HEAD = LINE + "source: hypatos.documents\ndestination: zefort.contracts\n"
ELSEWHERE = LINE + "source: some.documents\ndestination: other.contracts\n"
FIELDS = HEAD + "fields:\n"
LIST = FIELDS + "  parties:\n    list:\n"

OFFERED = {
    "keys at the top": (LINE + "»", ROUTE_KEYS),
    "words of a key": (HEAD + "files: »", FILES_WORDS),
    "streams of the connection": (LINE + "destination: »\n", {"zefort.contracts", "zefort.esigns"}),
    "targets": (FIELDS + "  »", {"attributes", "attributes.title", "attributes.signed", "parties", "status", "tags"}),
    "targets behind a dot": (FIELDS + "  attributes.»", {"attributes.title", "attributes.signed"}),
    "targets inside of fields": (FIELDS + "  attributes:\n    fields:\n      »", {"title", "signed"}),
    "fields of an object in a list": (LIST + "      - »", {"name", "role", "when", "fields", "id"}),
    "fields of an object in a list that is begun": (LIST + "      - name: x\n        »", {"role"}),
    "fields of an object in a list in braces": (LIST + "      - {n»}", {"name", "role", "value"}),
    "fields of an object with a condition": (LIST + "      - when: x\n        fields:\n          »", {"name", "role"}),
    "fields of what each makes": (
        FIELDS + "  parties:\n    each: x\n    as: i\n    fields:\n      »",
        {"name", "role"},
    ),
    "keys of a rule": (FIELDS + "  status:\n    »", {*RULE_KEYS, "id"}),
    "keys of a rule in braces": (FIELDS + "  status: {from: x, t»}", RULE_KEYS.keys() - {"from"}),
    "paths of the source": (FIELDS + "  status: »", {"id", "entities", "entities.total", "entities.items"}),
    "lists of the source": (FIELDS + "  tags: {each: »}", {"entities.items"}),
    "values of a target": (FIELDS + "  status: {value: »}", {"review", "done"}),
    "values inside of a list": (LIST + "      - role: {value: »}", {"buyer", "supplier"}),
    "types": (FIELDS + "  status: {from: x, type: »}", TYPES),
    "what is done about problems": (FIELDS + "  status: {from: x, on_error: »}", ON_ERROR_WORDS),
    "alternatives": (FIELDS + "  status:\n    first:\n      - {v»}", RULE_KEYS),
    "keys of a table": (HEAD + "tables:\n  t:\n    file: t.csv\n    »", TABLE_KEYS.keys() - {"file"}),
    "outcomes": (HEAD + "feedback:\n  »", FEEDBACK_WORDS),
    "actions of the source": (HEAD + "feedback:\n  delivered:\n    »", {"transfer"}),
    "names in templates of feedback": (HEAD + "feedback:\n  delivered: {transfer: »}", {"{{ external_id }}", "true"}),
    "keys of a test": (HEAD + "tests:\n  - name: x\n    »", TEST_KEYS.keys() - {"name"}),
    "targets in a test": (HEAD + "tests:\n  - expect:\n      »", {"attributes.title", "parties[0].name"}),
    "paths in a test": (HEAD + "tests:\n  - remove:\n      - »", {"entities.total"}),
}
HOVERED = {
    "a key at the top": (HEAD + "fie»lds: {status: x}", "target on the left, rule on the right"),
    "a target": (FIELDS + "  attributes.ti»tle: x", "What it is called. Text, required."),
    "a target with a long rule": (
        FIELDS + "  attributes.sig»ned: {from: x, type: date}",
        "When it was signed. A date such",
    ),
    "a target inside of a list": (
        LIST + "      - na»me: {from: x}",
        "The party's name. Text, at most 100 characters, required.",
    ),
    "a list": (FIELDS + "  par»ties:\n    list: [{name: x}]", "Who takes part. A list."),
    "a target with values": (FIELDS + "  sta»tus: {value: done}", "Where it stands. One of review, done."),
    "a key of a rule": (FIELDS + "  status: {from: x, def»ault: done}", "what is written if there is nothing or null"),
    "a word": (FIELDS + "  status: {from: x, type: da»te}", "`date`: a day, written as YYYY-MM-DD"),
    "an action of the source": (HEAD + "feedback: {delivered: {trans»fer: true}}", "Whether it has arrived."),
}
RULES = [
    "x",
    "{from: x}",
    "{template: '{{ x }}'}",
    "{value: done, when: y, required: true}",
    "{from: x, on_error: default, default: y}",
    "{from: x, type: money, currency: EUR, round: up}",
    "{list: [x]}",
    "{first: [x, y]}",
    "{fields: {a: x}}",
    "{each: x, as: i, fields: {a: b}}",
    "{}",
    "{form: x}",
]
MARKED = {
    "a key at the top": (FIELDS + "  status: x\n»feedbak: {}\n", "Property feedbak is not allowed."),
    "a key of a rule": (FIELDS + "  status: {from: x, »tpye: date}\n", "Property tpye is not allowed."),
    "a target": (FIELDS + "  »atributes.title: x\n", "Property atributes.title is not allowed."),
    "a target inside of a list": (LIST + "      - {name: x, »rol: y}\n", "Property rol is not allowed."),
    "a word": (FIELDS + "  status: {from: x, on_error: »skipp}\n", "Value is not accepted."),
    "a rule without a source": (FIELDS + "  »status: {type: date}\n", "it needs one of: from, template, value"),
    "two sources": (FIELDS + "  status: {from: x, »value: y}\n", "keep one of them"),
    "a number for a rule": (FIELDS + "  status: »100\n", "Incorrect type."),
    "an action of another source": (
        FIELDS + "  status: x\nfeedback: {delivered: {»lock: true}}\n",
        "Property lock is not",
    ),
}


@pytest.mark.parametrize("case", OFFERED)
def test_it_is_offered(server, folder, case):
    text, wanted = OFFERED[case]
    assert set(wanted) <= server.completions(folder, text).keys()


def test_nothing_is_offered_where_it_does_not_belong(server, folder):
    assert "name" not in server.completions(folder, FIELDS + "  »")
    assert "role" not in server.completions(folder, FIELDS + "  attributes:\n    fields:\n      »")
    assert "total" not in server.completions(folder, FIELDS + "  status: »")
    assert not RULE_KEYS.keys() & server.completions(folder, LIST + "      - name: x\n        »").keys()


def test_what_is_offered_is_put_in_as_a_route_file_needs_it_and_explained(server, folder):
    targets = server.completions(folder, FIELDS + "  »")
    assert targets["attributes.title"] == ("attributes.title: ", "What it is called. Text, required.")
    assert targets["attributes.paid by: #1"][0] == '"attributes.paid by: #1": '
    assert server.completions(folder, HEAD + "feedback:\n  failed: {transfer: »}")["{{ reason }}"] == (
        '"{{ reason }}"',
        "why, in a sentence",
    )
    assert server.completions(folder, FIELDS + "  status: »")["id"] == ("id", "Its number. Text.")


@pytest.mark.parametrize("case", HOVERED)
def test_help_is_shown(server, folder, case):
    text, help_ = HOVERED[case]
    shown = server.hover(folder, text)
    assert help_ in shown.replace("\\", "")
    assert "||" not in shown


@pytest.mark.parametrize("rule", RULES)
def test_help_on_a_target_is_its_own_however_its_rule_is_written(server, folder, rule):
    for text in (FIELDS + f"  sta»tus: {rule}", LIST + f"      - ro»le: {rule}"):
        shown = server.hover(folder, text)
        assert shown.startswith(("Where it stands.", "What it is there.")), rule


@pytest.fixture(scope="module")
def marked(server, folder):
    """Return what is marked in every case of MARKED."""
    return dict(
        zip(MARKED, server.diagnostics(folder, *(text.replace("»", "") for text, _ in MARKED.values())), strict=True)
    )


@pytest.mark.parametrize("case", MARKED)
def test_a_mistake_is_marked_once_at_its_place(marked, case):
    text, message = MARKED[case]
    before = text[: text.index("»")]
    assert [(line, column) for line, column, _ in marked[case]] == [
        (before.count("\n") + 1, len(before) - before.rfind("\n"))
    ]
    assert message in marked[case][0][2]


def test_only_what_holds_for_every_stream_is_marked_in_a_route_that_goes_elsewhere(server, folder):
    text = ELSEWHERE + "fields: {x: {list: [{y: z}]}, q: {form: z}}\nfeedback: {failed: {lock: true}}\n"
    (found,) = server.diagnostics(folder, text)
    assert [message for *_, message in found if "form" not in message and "it needs one of" not in message] == []
    assert found


def test_nothing_is_marked_in_the_shipped_routes_and_their_schemas_are_found(server):
    texts = [path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.yaml"))]
    assert [found for found in server.diagnostics(SHIPPED, *texts) if found] == []
    spoilt = server.diagnostics(SHIPPED, *(f"{text}feilds: {{}}\n" for text in texts))
    assert [message for found in spoilt for *_, message in found] == ["Property feilds is not allowed."] * len(texts)


def test_a_shipped_route_is_completed_with_what_its_source_and_its_destination_publish(server):
    head = "# yaml-language-server: $schema=schemas/hypatos_to_zefort.schema.json\n" + HEAD.removeprefix(LINE)
    targets = server.completions(SHIPPED, head + "fields:\n  attributes.»")
    assert "required" in targets["attributes.title"][1]
    assert {"review", "done"} <= server.completions(SHIPPED, head + "fields:\n  status: {value: »}").keys()
    assert "id" in server.completions(SHIPPED, head + "fields:\n  note: {from: »}")
    assert {"transfer", "reject"} <= server.completions(SHIPPED, head + "feedback:\n  delivered:\n    »").keys()


def test_nothing_is_marked_in_the_examples_of_the_pages(server, folder):
    examples = [blocks(example) for example in EXAMPLES.values()]
    accepted = [found[0][1] for found in examples if [kind for kind, _ in found if kind != "csv"] != ["yaml", "text"]]
    texts = [ELSEWHERE + re.sub(r"^(source|destination): .*\n", "", text, flags=re.MULTILINE) for text in accepted]
    found = server.diagnostics(folder, *texts)
    assert [pair for pair in zip(texts, found, strict=True) if pair[1]] == []
