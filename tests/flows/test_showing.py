"""What anybody has said is shown on a terminal and in log lines, and neither obeys it."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
from rich.table import Table

from connectors.secrets import Masking, Secrets
from connectors.shown import shown, shown_json, shown_line
from flows import output
from flows.log_lines import Placed, Placing, about
from flows.map_preview import show_fields
from flows.showing import ShowingConsole
from flows.tally import Fate, Problem

NASTY = "id\x1b]0;owned\x07\x1b[2J\x9b31m\x00\r\x7f\u202egnp.exe\u2028\ud800"
STYLE = re.compile(r"\x1b\[[0-9;]*m")
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028\ud800]")


def printed(*things):
    """Return what a terminal gets, without our own colours."""
    file = io.StringIO()
    console = ShowingConsole(file=file, force_terminal=True, width=200, highlight=False)
    for thing in things:
        console.print(thing)
    return STYLE.sub("", file.getvalue())


def test_no_sign_of_a_text_or_of_a_cell_reaches_a_terminal_as_a_command():
    table = Table("id")
    table.add_row(NASTY)
    said = printed(f"[bold]{NASTY}[/]", table)
    assert not OBEYED.search(said)
    assert said.count("owned") == 2
    assert "\n" in said


def test_every_console_of_the_command_is_such_a_one():
    assert isinstance(output.out, ShowingConsole)
    assert isinstance(output.err, ShowingConsole)
    assert "ShowingConsole" in show_fields.__code__.co_names


def test_an_id_with_a_line_end_in_it_writes_no_line_of_its_own(capsys):
    output.show_problems([Problem("d1\n= the counts add up", Fate.REJECTED, "no")], examples=3)
    assert "d1\N{REPLACEMENT CHARACTER}= the counts add up" in capsys.readouterr().out
    assert shown_line("a\nb\tc\x1b") == "a\ufffdb\ufffdc\ufffd"


def test_json_means_the_same_and_has_no_such_sign(capsys):
    output.print_json({"id": NASTY, "name": "Müller\t"})
    said = capsys.readouterr().out
    assert not OBEYED.search(said)
    assert json.loads(said) == {"id": NASTY, "name": "Müller\t"}
    assert shown_json('"\x7fé"') == '"\\u007fé"'


@pytest.mark.parametrize("document", ["d1", NASTY])
def test_a_log_line_has_no_such_sign_in_its_words_nor_in_what_it_is_about(document):
    handler, lines = logging.Handler(), []
    handler.setFormatter(Placed("%(message)s"))
    handler.addFilter(Placing())
    handler.addFilter(Masking(Secrets()))
    handler.emit = lambda record: lines.append(handler.format(record))
    logger = logging.getLogger("of a test")
    logger.handlers[:], logger.propagate = (
        [handler],
        False,
    )  # a report of what was logged could not hold half a character
    with about(document=document):
        logger.warning("contracts %s and %s", NASTY, "Ünser ﷽")
    assert not OBEYED.search(lines[0])
    assert "Ünser ﷽" in lines[0]


def test_ordinary_text_of_any_script_stays_as_it_is():
    for text in ("a\tb\nc", "Grüße", "日本語", "שלום", "e\u0301", "👩\u200d👧", "1\u00a0000"):
        assert shown(text) == text
