"""docs/first-mapping.md: its routes work on its document, and its commands print what the page shows."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "first-mapping.md").read_text(encoding="utf-8")
DOCUMENT, FIRST, WHOLE = re.findall(r"^```(?:json|yaml)\n(.*?)^```\n", PAGE, re.MULTILINE | re.DOTALL)
ROUTE = Path("my-routes/invoices.yaml")


def shown(command):
    """Return the lines that the page shows under a command, from the first that it does not leave out up to where it leaves some out."""
    after = PAGE.partition(f"$ {command}\n")[2].partition("```")[0].removeprefix("…\n").partition("…\n")[0]
    return [line.rstrip() for line in after.splitlines() if line.strip()]


@pytest.fixture(autouse=True)
def _folder(empty, monkeypatch):
    Path("my-routes/samples").mkdir(parents=True)
    Path("my-routes/samples/invoice.json").write_text(DOCUMENT)
    monkeypatch.setenv("DOCFERRY_MAPPINGS", "my-routes")


def test_three_lines_show_what_they_make_and_what_nobody_reads(docferry):
    ROUTE.write_text(FIRST)
    ended = docferry("map", "preview", "invoices", "my-routes/samples/invoice.json")
    lines = [line.rstrip() for line in ended.out.splitlines()]
    expected = shown("docferry map preview invoices my-routes/samples/invoice.json")
    assert ended.code == 0
    assert len(expected) > 4
    assert lines[: len(expected)] == expected


def test_the_whole_route_passes_its_tests(docferry):
    ROUTE.write_text(WHOLE)
    ended = docferry("map", "test", "invoices")
    assert (ended.code, ended.out.splitlines()) == (0, ["invoices  3 passed, 88 % of the rules covered"])
    assert ended.out in PAGE


def test_a_mistake_is_told_as_the_page_shows_it(docferry):
    ROUTE.write_text(WHOLE.replace("type: currency}", "type: curency}"))
    ended = docferry("map", "test", "invoices")
    assert ended.code == 2
    mistake = ended.out.splitlines()[-1].strip()
    assert mistake.partition("my-routes")[2] in PAGE


def test_lint_finds_a_misspelt_path_as_the_page_shows_it(docferry):
    ROUTE.write_text(WHOLE.replace("entities.number }}", "entities.nubmer }}"))
    command = "docferry map lint invoices --sample my-routes/samples/invoice.json"
    ended = docferry(*command.split()[1:])
    assert ended.code == 0
    assert len(shown(command)) == 4
    assert "\n".join(shown(command)) in "\n".join(line.rstrip() for line in ended.out.splitlines())
