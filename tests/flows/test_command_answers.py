"""What a command says when a question gets no answer, and that `--json` prints one object whatever happens after it."""

from __future__ import annotations

import json

import pytest

from flows import up_command
from flows.output import print_json
from state.errors import StateError


@pytest.fixture
def asked(monkeypatch):
    """Be at a terminal where every question is met with this."""

    def meet(error):
        def answer(*_):
            raise error

        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("typer._click.termui.visible_prompt_func", answer)

    return meet


def test_ctrl_c_at_a_question_is_an_interruption_and_leaves_nothing_behind(empty, docferry, asked):
    asked(KeyboardInterrupt())
    done = docferry("init")
    assert done.code == 130
    assert "nothing is lost" in done.err
    assert list(empty.iterdir()) == []


def test_a_question_that_is_met_with_the_end_of_input_is_wrong_usage(empty, docferry, asked):
    asked(EOFError())
    done = docferry("init")
    assert done.code == 2
    assert "a question was not answered" in done.err


def test_what_goes_wrong_after_the_object_was_printed_prints_no_second_one(empty, docferry, monkeypatch):
    async def ends(_port, _documents, told, **_):
        print_json({"page": "http://127.0.0.1:4200"})
        raise StateError("Prefect's server has ended")

    monkeypatch.setattr(up_command, "_up", ends)
    for _ in range(2):
        done = docferry("up", "--json")
        assert done.code == 3
        assert json.loads(done.out) == {"page": "http://127.0.0.1:4200"}
        assert "has ended" in done.err
    assert json.loads(docferry("run", "nope", "--json").out)["exit_code"] == 2


def test_who_stops_up_before_all_is_up_gets_an_object_too(empty, docferry, monkeypatch):
    async def stopped(*_, **__):
        raise up_command.asyncio.CancelledError

    monkeypatch.setattr(up_command, "_up", stopped)
    done = docferry("up", "--json")
    assert done.code == 130
    assert json.loads(done.out)["exit_code"] == 130
