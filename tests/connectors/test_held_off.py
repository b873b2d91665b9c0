"""A provider that answers nothing but 429 is named in the log within seconds, once, with what will happen."""

from __future__ import annotations

import asyncio
import logging

import pytest

from connectors.errors import TransientError


def said(caplog) -> list[str]:
    """Return the warnings that are about 429."""
    return [line.getMessage() for line in caplog.records if "429" in line.getMessage() and line.levelname == "WARNING"]


@pytest.mark.parametrize("headers", [{}, {"retry_after": "1"}, {"retry_after": "30"}])
async def test_it_is_said_once_within_seconds_who_throttles_since_when_and_what_will_happen(loopback, caplog, headers):
    caplog.set_level(logging.INFO)

    async def handler(request, writer):
        return loopback.reply(429, b"", **headers)

    api = await loopback.api(handler, patience=40.0)
    calls = [asyncio.ensure_future(api.call("POST", "/contracts/", json={})) for _ in range(5)]
    async with asyncio.timeout(8):
        while not said(caplog):  # noqa: ASYNC110 -- a log tells nobody
            await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    for call in calls:
        call.cancel()
    (line,) = said(caplog)
    assert " throttles: it has answered nothing but 429 (too many requests) since 20" in line
    assert (f"asks to wait {headers.get('retry_after')} s" in line) == bool(headers)
    assert "a request is repeated for 40 s at most" in line


async def test_a_refusal_that_passes_in_a_moment_is_not_said(loopback, caplog):
    async def handler(request, writer):
        return loopback.reply(429 if len(loopback.arrived) % 2 else 200, b"", retry_after="1")

    api = await loopback.api(handler)
    for _ in range(3):
        await api.call("POST", "/contracts/", json={})
    assert said(caplog) == []


async def test_the_end_is_said_where_the_beginning_was_and_nothing_after_a_close(loopback, caplog, monkeypatch):
    monkeypatch.setattr("connectors.held_off.SOON", 0.1)
    caplog.set_level(logging.INFO)

    async def handler(request, writer):
        return loopback.reply(429 if len(loopback.arrived) == 1 else 200, b"", retry_after="1")

    api = await loopback.api(handler)
    await api.call("POST", "/contracts/", json={})
    assert len(said(caplog)) == 1
    assert [line for line in caplog.messages if "takes requests again, after " in line]


async def test_a_connection_that_is_closed_says_nothing_more(loopback, caplog, monkeypatch):
    monkeypatch.setattr("connectors.held_off.SOON", 0.1)

    async def handler(request, writer):
        return loopback.reply(429, b"", retry_after="600")

    api = await loopback.api(handler)
    with pytest.raises(TransientError):
        await api.call("POST", "/contracts/", json={})
    await api.close()
    await asyncio.sleep(0.3)
    assert said(caplog) == []


async def test_what_begins_soon_after_another_and_lasts_is_said_as_well(loopback, caplog, monkeypatch):
    monkeypatch.setattr("connectors.held_off.SOON", 0.1)
    monkeypatch.setattr("connectors.held_off._AGAIN", 1.5)

    async def handler(request, writer):
        return loopback.reply(200 if len(loopback.arrived) == 2 else 429, b"", retry_after="1")

    api = await loopback.api(handler)
    await api.call("POST", "/contracts/", json={})
    assert len(said(caplog)) == 1
    call = asyncio.ensure_future(api.call("POST", "/contracts/", json={}))
    await asyncio.sleep(0.3)
    assert len(said(caplog)) == 1, "too soon after the other"
    async with asyncio.timeout(5):
        while len(said(caplog)) < 2:  # noqa: ASYNC110 -- a log tells nobody
            await asyncio.sleep(0.05)
    call.cancel()
