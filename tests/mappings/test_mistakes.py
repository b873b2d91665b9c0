"""Mistakes in route files, each told at its place in a sentence that helps. `»` marks where the problem must point."""

import pytest

from mappings.language import RouteError, load_route

HEAD = "source: hypatos.documents\ndestination: zefort.contracts\n"

MISTAKES = {
    # the top of the file
    "an empty file": ("»", "the file is empty; add the connection and stream documents come from"),
    "only comments": ("»# later\n", "the file is empty"),
    "a list at the top": ("»- a\n", "the file is a list; add the connection"),
    "no source": (
        "»destination: zefort.contracts\nfields: {a: b}\n",
        "source: is missing; add the connection and stream documents come from, such as source: hypatos.documents",
    ),
    "no destination": (
        "»source: hypatos.documents\nfields: {a: b}\n",
        "destination: is missing; add the connection and stream they go to",
    ),
    "no fields": ("»" + HEAD, "fields: is missing; add fields: with target: rule lines under it"),
    "a misspelt top key": (HEAD + "»feilds: {a: b}\nfields: {a: b}\n", "unknown key 'feilds' (did you mean 'fields'?)"),
    "tests, which are not known": (
        HEAD + "fields: {a: b}\n»unit_checks: []\n",
        "unknown key 'unit_checks' (known: description, destination, feedback, fields, files, resend, source, tables, tests, vars, when)",
    ),
    "a source without a stream": (
        "source: »hypatos\ndestination: zefort.contracts\nfields: {a: b}\n",
        "source: 'hypatos' is not connection.stream, such as hypatos.documents",
    ),
    "a destination with too many dots": (
        "source: a.b\ndestination: »a.b.c\nfields: {a: b}\n",
        "destination: 'a.b.c' is not connection.stream",
    ),
    "an empty source": ("source:»\ndestination: a.b\nfields: {a: b}\n", "source: is empty, not text"),
    "a source that is a list": ("source: »[a.b]\ndestination: a.b\nfields: {a: b}\n", "source: is a list, not text"),
    "an unknown word for files": (
        HEAD + "files: »mian\nfields: {a: b}\n",
        "files: does not know 'mian' (did you mean 'main'?)",
    ),
    "a when that is not text": (HEAD + "when: »true\nfields: {a: b}\n", "when: is the value true, not text"),
    "a broken when": (HEAD + "when: »a in ['x'\nfields: {a: b}\n", "a in ['x'"),
    "a description that is a mapping": (
        HEAD + "description: »{a: b}\nfields: {a: b}\n",
        "description: is a mapping, not text",
    ),
    # YAML
    "a duplicate key": (HEAD + "fields:\n  a: b\n  »a: c\n", "duplicate key 'a' (first on line 4); keep one of them"),
    "a tab": (HEAD + "fields:\n»\ta: b\n", "indent with spaces"),
    "an open quote": (HEAD + 'fields:\n  a: {template: »"x}\n', "unexpected end of stream"),
    "an anchor": (HEAD + "fields: {a: »&x b}\n", "anchors and aliases (&name, *name) are not used here"),
    "an unquoted comma": (HEAD + "fields:\n  a: {from: x | replace('a', 'b'»)}\n", "inside { }, a comma or brace"),
    "an unquoted template": (HEAD + "fields:\n  a: {template: {»{ x }}}\n", "a key must be a word"),
    "an unquoted colon": (HEAD + "fields:\n  a: {template: x}\n  b: c»: d\n", "quote text that holds ': '"),
    "a tag": (HEAD + "fields: {a: {value: »!!str 1}}\n", "tags such as !!str are not used here"),
    # fields and rules
    "empty fields": (HEAD + "fields: »{}\n", "fields: is empty; write at least one target: rule"),
    "fields without anything": (HEAD + "fields:»\n", "fields: is empty; write target: rule, one per line"),
    "fields as a list": (HEAD + "fields:\n  »- {to: a, from: b}\n", "fields: is a list; write target: rule"),
    "a misspelt from": (HEAD + "fields:\n  a: {»form: x, type: date}\n", "unknown key 'form' (did you mean 'from'?)"),
    "a misspelt type": (HEAD + "fields:\n  a: {from: x, »tpye: date}\n", "unknown key 'tpye' (did you mean 'type'?)"),
    "an unknown type": (
        HEAD + "fields:\n  a: {from: x, type: »dat}\n",
        "type: does not know 'dat' (did you mean 'date'?)",
    ),
    "a type of another language": (
        HEAD + "fields:\n  a: {from: x, type: »varchar}\n",
        "type: does not know 'varchar' (known: bic, boolean, country, currency, date, datetime, decimal, iban, integer, language, money, string, unit, vat)",
    ),
    "an unknown on_error": (
        HEAD + "fields:\n  a: {from: x, on_error: »skipp}\n",
        "on_error: does not know 'skipp' (did you mean 'skip'?)",
    ),
    "on_error default without one": (
        HEAD + "fields:\n  a: {from: x, »on_error: default}\n",
        "on_error: default needs default: beside it",
    ),
    "required: yes": (HEAD + "fields:\n  a: {from: x, required: »yes}\n", "required: is text; write true or false"),
    "a rule without a source": (
        HEAD + "fields:\n  a: »{type: date}\n",
        "the rule for a does not say where its value comes from; it needs one of: from, template, value, list, first, each, fields",
    ),
    "a rule with two sources": (
        HEAD + "fields:\n  a: {from: x, »value: y}\n",
        "the rule for a has both from and value; keep one of them",
    ),
    "an empty rule": (HEAD + "fields:\n  a:»\n", "the rule for a is empty; write a path, or {value: null} for null"),
    "a number as a rule": (
        HEAD + "fields:\n  a: »100\n",
        "the rule for a is the value 100; write {value: 100} for a fixed value",
    ),
    "a list as a rule": (HEAD + "fields:\n  a: »[x, y]\n", "the rule for a is a list; write a: {list: [...]}"),
    "a nested object without fields": (
        HEAD + "fields:\n  a: {»b: x, c: y}\n",
        "unknown key 'b' (known: as, currency, default, each, fields, first, format, from, index, list, locale, lookup, on_error, required, round, template, to_zone, type, value, when, zone); an object goes under fields:",
    ),
    "brackets in a target": (
        HEAD + "fields:\n  »tags[]: x\n",
        "target 'tags[]' has brackets; a list is made with {list: ...}",
    ),
    "two dots in a target": (HEAD + "fields:\n  »a..b: x\n", "target 'a..b' is not names with dots between them"),
    "a target inside another": (
        HEAD + "fields:\n  a.b: x\n  »a: y\n",
        "target 'a' collides with 'a.b' on line 4; one would overwrite the other",
    ),
    "a target below another": (HEAD + "fields:\n  a: x\n  »a.b: y\n", "target 'a.b' collides with 'a' on line 4"),
    "a number as a path": (HEAD + "fields:\n  a: {from: »5}\n", "from: is the value 5, not text; put quotes around it"),
    "an expression in braces": (
        HEAD + 'fields:\n  a: »"{{ x }}"\n',
        "an expression has no {{ }} around it (text with {{ }} is a template): {{ x }}",
    ),
    "a template without braces": (
        HEAD + "fields:\n  a: {template: »entities.number}\n",
        "this template has no {{ }} in it; a path goes under from:, fixed text under value:",
    ),
    "a broken expression": (HEAD + "fields:\n  a: {from: »x +}\n", "unexpected 'end of template': x +"),
    "a broken template": (HEAD + 'fields:\n  a: {template: »"{{ x | }}"}\n', "{{ x | }}"),
    "a statement in a template": (
        HEAD + 'fields:\n  a: {template: »"{% if x %}{{ x }}{% endif %}"}\n',
        "{% %} is not allowed in a template",
    ),
    "a call": (
        HEAD + "fields:\n  a: {from: »x.upper()}\n",
        "calling functions or methods is not allowed in an expression: x.upper()",
    ),
    "an unknown filter": (
        HEAD + "fields:\n  a: {from: »x | uper}\n",
        "unknown filter '| uper' (did you mean 'upper'?): x | uper",
    ),
    "a single equals sign": (
        HEAD + "fields:\n  a: {from: x, when: »y = 5}\n",
        "cannot be understood from '=' on: y = 5",
    ),
    # conversions
    "format without type": (
        HEAD + 'fields:\n  a: {from: x, format: »"%d.%m.%Y"}\n',
        "format: goes with type: integer, decimal, money, date or datetime",
    ),
    "format with another type": (
        HEAD + 'fields:\n  a: {from: x, type: boolean, format: »"0.00"}\n',
        "format: goes with type: integer, decimal, money, date or datetime, not with type: boolean",
    ),
    "a format of another language": (
        HEAD + "fields:\n  a: {from: x, type: date, format: »dd.mm.yyyy}\n",
        "format 'dd.mm.yyyy' does not tell day, month and year; day.month.year is '%d.%m.%Y'",
    ),
    "a format without a year": (
        HEAD + 'fields:\n  a: {from: x, type: date, format: »"%d.%m."}\n',
        "does not tell day, month and year",
    ),
    "a format with an unknown letter": (
        HEAD + 'fields:\n  a: {from: x, type: date, format: »"%d.%m.%Q"}\n',
        "is not a date format",
    ),
    "a format with a letter twice": (
        HEAD + 'fields:\n  a: {from: x, type: date, format: »"%d.%d.%Y"}\n',
        "is not a date format",
    ),
    # tables
    "an unknown table": (
        HEAD + "tables: {currencies: {a: b}}\nfields:\n  a: {from: x, lookup: »currency}\n",
        "unknown table 'currency' (did you mean 'currencies'?)",
    ),
    "no tables at all": (
        HEAD + "fields:\n  a: {from: x, lookup: »currency}\n",
        "unknown table 'currency' (there are none yet)",
    ),
    "an unknown table in an expression": (
        HEAD + "tables: {t: {a: b}}\nfields:\n  a: {from: »x | lookup('tt')}\n",
        "unknown table 'tt'",
    ),
    "a missing table file": (
        HEAD + "tables:\n  t: »tables/none.csv\nfields: {a: {from: x, lookup: t}}\n",
        "table 't': there is no file tables/none.csv in ",
    ),
    "a table file of another kind": (
        HEAD + "tables: {t: »t.xlsx}\nfields: {a: b}\n",
        "table 't' is 't.xlsx'; write {key: value, …} or the name of a .csv file",
    ),
    "a table in a table": (
        HEAD + "tables: {t: {a: »{b: c}}}\nfields: {a: b}\n",
        "table 't': the value for 'a' is a mapping; write one text or number",
    ),
    "tables as a list": (
        HEAD + "tables: »[t]\nfields: {a: b}\n",
        "tables: is a list; write it as name: {key: value, …} or name: file.csv",
    ),
    # lists, objects, each
    "a list that is not one": (
        HEAD + "fields:\n  a: {list: »x}\n",
        "list: is text; write [rule, rule] or one '- rule' per line",
    ),
    "lookup on a list": (
        HEAD + "tables: {t: {a: b}}\nfields:\n  a: {list: [x], »lookup: t}\n",
        "lookup: works on a single value; write it at the rules inside",
    ),
    "type on an object": (HEAD + "fields:\n  a: {fields: {b: x}, »type: string}\n", "type: works on a single value"),
    "each without fields": (HEAD + "fields:\n  a: {»each: x, as: i}\n", "each: needs fields: beside it"),
    "each without as": (
        HEAD + "fields:\n  a: {»each: x, fields: {b: c}}\n",
        "each: needs as: beside it, a name for the item",
    ),
    "as without each": (HEAD + "fields:\n  a: {from: x, »as: i}\n", "as: goes with each:"),
    "as index": (
        HEAD + "fields:\n  a: {each: x, as: »index, fields: {b: c}}\n",
        "'index' cannot be the name of an item",
    ),
    "as a path": (HEAD + "fields:\n  a: {each: x, as: »a.b, fields: {b: c}}\n", "'a.b' cannot be the name of an item"),
    "a misspelt rule in a list": (
        HEAD + "fields:\n  a:\n    list:\n      - {»valeu: high}\n",
        "unknown key 'valeu' (did you mean 'value'?); an object goes under fields:",
    ),
    "an object with a condition but no fields": (
        HEAD + "fields:\n  a:\n    list:\n      - {»name: x, when: y}\n",
        "unknown key 'name'",
    ),
    "a mistake deep inside": (
        HEAD
        + "fields:\n  a:\n    list:\n      - b: {from: x}\n        c: {form: x, »tpe: date}\n".replace("form", "from"),
        "unknown key 'tpe' (did you mean 'type'?)",
    ),
    # feedback
    "an unknown word in feedback": (
        HEAD + "fields: {a: b}\nfeedback:\n  »deliverd: {transfer: true}\n",
        "feedback: does not know 'deliverd' (did you mean 'delivered'?)",
    ),
    "an unknown name in feedback": (
        HEAD + 'fields: {a: b}\nfeedback:\n  delivered: {external_id: »"{{ externalid }}"}\n',
        "feedback has no 'externalid' (did you mean 'external_id'?)",
    ),
    "an unknown path in feedback": (
        HEAD + 'fields: {a: b}\nfeedback:\n  delivered: {x: {y: »"{{ entities.number }}"}}\n',
        "feedback has no 'entities' (known: document_id, external_id, key, reason, route, version)",
    ),
    "feedback that is text": (
        HEAD + "fields: {a: b}\nfeedback: »none\n",
        "feedback: is text; write word: {action: text}",
    ),
    "a word that is text": (
        HEAD + "fields: {a: b}\nfeedback:\n  delivered: »transfer\n",
        "feedback for 'delivered' is text; write {action: text}",
    ),
    "an action that is a list": (
        HEAD + "fields: {a: b}\nfeedback:\n  delivered: {tags: »[a]}\n",
        "an action's text is a list",
    ),
    "an action without a value": (
        HEAD + "fields: {a: b}\nfeedback:\n  delivered: {transfer: »}\n",
        "an action's text is empty",
    ),
    "a broken template in feedback": (
        HEAD + 'fields: {a: b}\nfeedback:\n  rejected: {reject: »"{{ reason"}\n',
        "{{ reason",
    ),
}


def test_there_are_at_least_sixty_mistakes():
    assert len(MISTAKES) >= 60


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_at_its_place(write_route, name):
    marked, sentence = MISTAKES[name]
    before = marked[: marked.index("»")]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    path = write_route(marked.replace("»", "", 1))
    with pytest.raises(RouteError) as caught:
        load_route(path)
    (problem,) = caught.value.problems
    assert sentence in problem.message
    assert (problem.path, problem.line, problem.column) == (path, line, column)
    assert str(caught.value) == f"{path}:{line}:{column}: {problem.message}"
    assert "\n" not in problem.message


def test_all_mistakes_of_a_file_are_told_together_in_the_order_of_the_file(write_route):
    path = write_route(
        "source: hypatos\n"
        "when: a = 1\n"
        "tables: {t: none.csv}\n"
        "fields:\n"
        "  a: {from: x, tpye: date}\n"
        "  b: {from: y, lookup: t}\n"
        "feedback: {failed: {a: '{{ raeson }}'}}\n",
    )
    with pytest.raises(RouteError) as caught:
        load_route(path)
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [
        (1, 1),
        (1, 9),
        (2, 7),
        (3, 13),
        (5, 16),
        (7, 24),
    ]
    assert len(str(caught.value).splitlines()) == 6


def test_a_file_that_is_not_there_is_told_with_the_one_that_was_meant(write_route):
    path = write_route(HEAD)
    with pytest.raises(RouteError, match=r"route\.yml:1:1: there is no such file \(did you mean 'route\.yaml'\?\)"):
        load_route(path.with_suffix(".yml"))


def test_a_folder_in_place_of_a_file_is_told(tmp_path):
    with pytest.raises(RouteError, match="the file cannot be read"):
        load_route(tmp_path)


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path):
    path = tmp_path / "route.yaml"
    path.write_bytes(HEAD.encode() + "# Müller\n".encode("latin-1"))
    with pytest.raises(RouteError, match=r"route\.yaml:3:1: this line is not UTF-8"):
        load_route(path)
