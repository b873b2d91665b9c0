"""Who is told: everybody once, whatever a receiver answers or does, and nobody reads an address or its secret."""

# ruff: noqa: F811 -- an argument of a fixture's name is pytest's way of asking for it

import asyncio
import json

import pytest

from tests.flows.listener import answering, listening
from tests.flows.watched import HOUR, MINUTE, _straight, it, listener  # noqa: F401 -- pytest finds fixtures here
from tests.ledgers import dump


async def test_what_a_receiver_did_not_take_comes_at_the_next_check_and_to_nobody_else_again(it, listener):
    async with listening() as other:
        it.urls.append(other.url)
        other.status = 503
        it.later(HOUR)
        await it.run("b", MINUTE)
        ended = await it.check()
        assert ended.exit_code == 3
        assert [(one.receiver, one.waiting) for one in ended.undelivered] == [("address 2 (JSON)", 1)]
        assert "503" in ended.undelivered[0].why
        await it.run("a", MINUTE)  # it is over before the other one has heard of it
        assert (await it.check()).exit_code == 3
        other.status = 200
        assert (await it.check()).exit_code == 0
        assert (await it.check()).delivered == 0
        assert listener.titles == other.titles == ["a is late", "over: a is late"]
        assert {body.rpartition("Message: ")[2] for _, body in listener.heard} == {
            body.rpartition("Message: ")[2] for _, body in other.heard
        }


async def test_a_receiver_that_is_not_there_is_an_exit_code_and_a_new_one_hears_what_is_open(it):
    it.later(HOUR)
    await it.run("b", MINUTE)
    it.urls = ["json://127.0.0.1:9/nobody"]
    assert (await it.check()).exit_code == 3
    async with listening() as late:
        it.urls = [late.url]
        assert (await it.check()).exit_code == 1
        assert (await it.check()).delivered == 0
        assert late.titles == ["a is late"]


async def test_a_checker_that_dies_between_the_answer_and_its_note_tells_it_again_with_the_same_number(
    it, listener, monkeypatch
):
    it.later(HOUR)
    await it.run("b", MINUTE)

    async def dies(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr("flows.watching._note_taken", dies)
        with pytest.raises(asyncio.CancelledError):
            await it.check()
    assert (await it.check()).delivered == 1
    assert (await it.check()).delivered == 0
    first, second = listener.heard
    assert first == second


async def test_no_message_and_no_row_has_an_address_or_its_secret(it, listener, caplog):
    listener.status = 500
    it.later(HOUR)
    ended = await it.check()
    assert ended.exit_code == 3
    assert "Sekret-Token-4711" not in json.dumps(ended.as_json()) + caplog.text + dump(it.url)


async def test_a_message_that_is_redirected_does_not_count_as_told(it, listener):
    async with answering(f"HTTP/1.1 302 Found\r\nLocation: {listener.url.replace('json', 'http')}\r\n") as url:
        it.urls = [url]
        it.later(HOUR)
        ended = await it.check()
    assert (ended.exit_code, ended.delivered, listener.got) == (3, 0, 0)


async def test_a_receiver_that_drips_for_ever_keeps_no_message_from_the_others(it, listener, monkeypatch):
    monkeypatch.setattr("flows.watching.LONGEST", 1.0)
    async with answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n", drips=True) as url:
        it.urls = [url, listener.url]
        it.later(HOUR)
        ended = await asyncio.wait_for(it.check(), 20)
    assert [one.why for one in ended.undelivered] == ["it has not answered in 1 seconds"]
    assert listener.titles == ["a is late", "b is late"]


def test_an_address_that_apprise_does_not_understand_is_quoted_nowhere(docferry, empty, monkeypatch, caplog):
    monkeypatch.setenv("DOCFERRY_ALARM_URLS", "slak://TokenOfTheTeam/Secret-Of-The-Channel")
    done = docferry("watch")
    assert done.code == 2
    said = done.out + done.err + caplog.text  # in Prefect's flow the root logger prints what Apprise says
    assert "Apprise does not understand address 1" in " ".join(said.split())
    assert "Unparseable URL" not in said, "it shortens long parts only"
    assert "TokenOfTheTeam" not in said
