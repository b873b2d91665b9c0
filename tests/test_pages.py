"""What all pages of the documentation have in common: their commands are ones that there are, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from flows.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("connectors/*/README.md")])
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"(?:\.venv/bin/)?docferry (?=[a-z-])")


def commands(page: str) -> set[str]:
    """Return the calls of docferry that a page shows, in its running text and typed in its blocks."""
    said = {" ".join(text.split()) for text in re.findall(r"(?<!`)`([^`]+)`(?!`)", _BLOCK.sub("", page))}
    typed = {
        line
        for kind, body in _BLOCK.findall(page)
        if kind == "console"
        for line in re.findall(r"^\$ (.+)$", body, re.MULTILINE)
    }
    return {text for text in said | typed if _CALL.match(text)}


def parse(text: str) -> None:
    """Take a call apart as the command line would, without running anything.

    Raises:
        UsageError: An option that there is not (its message says which).
        AssertionError: A command that there is not.
    """
    words, command = shlex.split(text, comments=True)[1:], get_command(app)
    while hasattr(command, "get_command"):
        # A name alone stands for a whole group, as in a table of commands; options of the group come before the command's name.
        _, words, _ = command.make_parser(command.context_class(command)).parse_args(words)
        if not words:
            return
        command = command.get_command(None, words.pop(0))
        assert command is not None, text
    command.make_parser(command.context_class(command)).parse_args(words)


def anchors(page: str) -> set[str]:
    """Return what links can name in a page: its headings, as GitHub writes them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", _BLOCK.sub("", page), re.MULTILINE):
        plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading.strip().lower())
        anchor = re.sub(r"[^\w -]", "", plain).replace(" ", "-")
        found.append(f"{anchor}-{found.count(anchor)}" if anchor in found else anchor)
    return set(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_on_a_page_is_one_that_there_is_with_options_that_it_has(page):
    for text in sorted(commands(page.read_text(encoding="utf-8"))):
        parse(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_on_a_page_leads_to_a_file_and_a_heading_that_there_are(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", _BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize(
    "text",
    ["docferry rum route", "docferry run route --dryrun", "docferry --log json run x", "docferry state exprot f"],
)
def test_a_command_that_there_is_not_is_noticed(text):
    assert commands(f"```console\n$ {text}\n```\n") == {text}
    with pytest.raises(Exception, match=r"rum|dryrun|log|exprot"):
        parse(text)
