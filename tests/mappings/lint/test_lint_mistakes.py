"""Mistakes that a route loads with and the lint finds, each at its place, in a sentence that helps.

The files beside this one have a mistake per section: `=== name`, the route with what is wrong between `»` and `«`, and
`>>> code: ` with a part of the sentence. Source and destination are added; ends.py says what they give and take.
"""

import re
from pathlib import Path

import pytest

from mappings.language import read_draft
from mappings.workbench.lint import CODES, Known, Severity, lint
from tests.mappings.lint.ends import DESTINATION, FEEDBACK, SOURCE

HEAD = "source: shop.orders\ndestination: books.entries\n"
KNOWN = Known(SOURCE, DESTINATION, FEEDBACK, later={"confirmed": "it is there", "trashed": "it is not"})
SECTION = re.compile(r"^=== (.*)\n((?:.*\n)*?)>>> ([a-z-]+): (.*)\n", re.MULTILINE)
FILES = sorted(Path(__file__).with_name("mistakes").glob("*.txt"))
MISTAKES = {
    f"{file.stem}: {name}": (text, code, sentence)
    for file in FILES
    for name, text, code, sentence in SECTION.findall(file.read_text(encoding="utf-8"))
}


def place(marked):
    """Return the line and the columns of what stands between the marks."""
    before = marked[: marked.index("»")]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return line, column, column + marked.index("«") - marked.index("»") - 1


def test_there_are_more_than_a_hundred_mistakes_and_every_section_is_read():
    sections = sum(file.read_text(encoding="utf-8").count("===") for file in FILES)
    assert len(MISTAKES) == sections > 100


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_at_its_place(tmp_path, name):
    marked, code, sentence = MISTAKES[name]
    path = tmp_path / "route.yaml"
    text = HEAD + marked
    path.write_text(text.replace("»", "").replace("«", ""), encoding="utf-8")
    found = lint(read_draft(path), KNOWN, unmapped=code == "unmapped-source")
    assert [each.code for each in found] == [code], found
    (finding,) = found
    assert sentence in finding.message
    assert (finding.path, finding.line, finding.column, finding.end_column) == (path, *place(text))
    assert finding.text == text[text.index("»") + 1 : text.index("«")]
    assert finding.severity is CODES[code].severity
    assert "\n" not in finding.message


def test_every_code_that_a_route_file_can_show_has_a_mistake():
    elsewhere = {"unlisted-source", "unknown-endpoint", "invalid-table", "untested-route", "untested-rule"}
    assert CODES.keys() - elsewhere == {code for _, code, _ in MISTAKES.values()}
    assert {CODES[code].severity for _, code, _ in MISTAKES.values()} == set(Severity)
