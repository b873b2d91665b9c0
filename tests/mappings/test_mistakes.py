"""Mistakes in route files, each told at its place in a sentence that helps.

The files beside this one have a mistake per section: `=== name`, the route file with `»` where the problem must point,
and `>>> ` with a part of its sentence. All but those of top.txt go without source and destination, which are added.
"""

import re
from pathlib import Path

import pytest

from mappings.language import RouteError, load_route, read_draft

HEAD = "source: hypatos.documents\ndestination: zefort.contracts\n"
SECTION = re.compile(r"^=== (.*)\n((?:.*\n)*?)>>> (.*)\n", re.MULTILINE)
MISTAKES = {
    f"{file.stem}: {name}": (text if file.stem == "top" else HEAD + text, sentence)
    for file in sorted(Path(__file__).with_name("mistakes").glob("*.txt"))
    for name, text, sentence in SECTION.findall(file.read_text(encoding="utf-8"))
}


def test_there_are_more_than_a_hundred_mistakes_and_every_section_is_read():
    files = Path(__file__).with_name("mistakes").glob("*.txt")
    assert len(MISTAKES) == sum(file.read_text(encoding="utf-8").count("===") for file in files) > 100


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
    assert read_draft(path).problems == (problem,)


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("source: a.b\n\n  c\ndestination: c.d\nfields: {a: b}\n", r"source: 'a.b\nc' is not connection.stream"),
        (HEAD + 'fields: {a: {from: b, "\\e[2Jtype": date}}\n', r"unknown key '\u001b[2Jtype' (did you mean 'type'?)"),
        (HEAD + 'fields: {"a\\rb": 1, "a\\rb": 2}\n', r"duplicate key 'a\rb'"),
    ],
)
def test_what_a_mistake_quotes_stays_on_its_line_and_is_seen(write_route, text, shown):
    with pytest.raises(RouteError) as caught:
        load_route(write_route(text))
    assert str(caught.value).isprintable()
    assert shown in str(caught.value)


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
