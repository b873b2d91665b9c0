"""Logging in: one token for everybody, replaced once for everybody."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

from connectors.auth import Basic
from connectors.errors import GoneError
from connectors.secrets import mask
from tests.connectors.login_server import Login, everybody


async def test_the_token_request_is_the_one_the_standard_describes(loopback):
    api = await Login(loopback).open()
    await api.call("GET", "/documents")
    asked, used = loopback.arrived
    assert (asked.method, asked.path, asked.body) == ("POST", "/auth/token", b"grant_type=client_credentials")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"client:s3cret/+").decode()
    assert used.headers["authorization"] == "Bearer token-1-secret"
    assert api.requests == 2


async def test_sixteen_callers_share_one_token(loopback):
    login = Login(loopback)
    api = await login.open()
    answers = await everybody(api)
    assert [answer.status for answer in answers] == [200] * 16
    assert login.issued == 1
    assert api.requests == 17


async def test_a_token_is_replaced_once_for_everybody_shortly_before_it_expires(loopback):
    now = 5000.0
    login = Login(loopback, lifetime=100)
    api = await login.open(now=lambda: now)
    await everybody(api)
    now += 69
    await everybody(api)
    assert login.issued == 1
    now += 2  # 71 of 100 s: less than 30 s are left
    await everybody(api)
    assert (login.issued, login.refused) == (2, 0)


@pytest.mark.parametrize(("told", "lives"), [(None, 3600), ("soon", 3600), (-5, 3600), ("600", 600), (10, 35)])
async def test_a_lifetime_is_obeyed_or_taken_to_be_an_hour(loopback, told, lives):
    now = 5000.0
    login = Login(loopback, lifetime=told)
    api = await login.open(now=lambda: now)
    await api.call("GET", "/")
    now += lives - 31
    await api.call("GET", "/")
    assert login.issued == 1
    now += 2
    await api.call("GET", "/")
    assert login.issued == 2


async def test_a_revoked_token_is_renewed_once_for_sixteen_callers(loopback):
    login = Login(loopback)
    api = await login.open()
    await api.call("GET", "/")
    login.valid.clear()
    login.calls, login.meet = 0, 16
    login.met.clear()
    answers = await everybody(api)
    assert [answer.status for answer in answers] == [200] * 16
    assert (login.issued, login.refused) == (2, 16)


async def test_a_non_repeatable_call_is_sent_again_after_a_401_since_it_was_not_done(loopback):
    login = Login(loopback)
    api = await login.open()
    await api.call("GET", "/")
    login.valid.clear()
    assert (await api.call("POST", "/contracts/", json={})).status == 200


async def test_calls_that_come_during_a_renewal_wait_for_it(loopback):
    login = Login(loopback)
    login.token_delay = 0.2
    api = await login.open()
    await api.call("GET", "/")
    login.valid.clear()
    login.asked.clear()
    first = asyncio.create_task(api.call("GET", "/first"))
    await login.asked.wait()
    later = await everybody(api)
    assert (await first).status == 200
    assert [answer.status for answer in later] == [200] * 16
    assert login.refused == 1


async def test_a_caller_who_is_cancelled_does_not_take_the_token_from_the_others(loopback):
    login = Login(loopback)
    login.token_delay = 0.1
    api = await login.open()
    first = asyncio.create_task(api.call("GET", "/"))
    await asyncio.sleep(0.03)
    others = [asyncio.create_task(api.call("GET", "/")) for _ in range(5)]
    await asyncio.sleep(0.02)
    first.cancel()
    assert [(await other).status for other in others] == [200] * 5
    assert login.issued == 1


async def test_a_renewal_whose_caller_is_cancelled_is_finished_by_the_next(loopback):
    login = Login(loopback)
    api = await login.open()
    await api.call("GET", "/")
    login.valid.clear()
    login.asked.clear()
    login.token_delay = 0.1
    first = asyncio.create_task(api.call("GET", "/"))
    await login.asked.wait()
    first.cancel()
    async with asyncio.timeout(2):
        assert (await api.call("GET", "/")).status == 200
    assert login.issued == 2


class Shelf:
    """A token store in memory."""

    def __init__(self, text=None):
        self.text = text

    async def load(self):
        """Return what is there."""
        return self.text

    async def save(self, text):
        """Keep it."""
        self.text = text


async def test_a_stored_token_serves_the_next_process(loopback):
    login, shelf = Login(loopback), Shelf()
    api = await login.open(store=shelf)
    await api.call("GET", "/")
    again = login.client(store=shelf)
    await everybody(again)
    assert login.issued == 1
    assert "s3cret" not in shelf.text
    other = login.client(store=shelf, secret="another")
    await other.call("GET", "/")
    assert login.issued == 2  # a token of other credentials is not used


async def test_a_stored_token_that_is_refused_is_renewed(loopback):
    login, shelf = Login(loopback), Shelf()
    api = await login.open(store=shelf)
    await api.call("GET", "/")
    login.valid.clear()
    again = login.client(store=shelf)
    assert (await again.call("GET", "/")).status == 200
    assert json.loads(shelf.text)["token"] == "token-2-secret"


@pytest.mark.parametrize("text", ["", "not json", "[]", "{}", '{"token": 1, "until": "x", "owner": 2}', "null"])
async def test_a_shelf_full_of_rubbish_is_an_empty_shelf(loopback, text):
    login = Login(loopback)
    api = await login.open(store=Shelf(text))
    assert (await api.call("GET", "/")).status == 200
    assert login.issued == 1


async def test_gone_is_gone_and_proves_that_the_new_token_works(loopback):
    login = Login(loopback)

    async def handler(request, writer):
        answer = await login(request, writer)
        return loopback.reply(404) if b" 200 " in answer and request.path == "/lost" else answer

    login.url = await loopback.serve(handler)
    api = login.client()
    await api.call("GET", "/")
    login.valid.clear()
    with pytest.raises(GoneError):
        await api.call("GET", "/lost")
    answers = await everybody(api)
    assert [answer.status for answer in answers] == [200] * 16


async def test_whatever_proves_who_asks_is_masked(loopback):
    login = Login(loopback)
    api = await login.open()
    await api.call("GET", "/")
    for request in loopback.arrived:
        assert "***" in mask(request.headers["authorization"])
    Basic("an-api-key-0815", "")
    assert mask("key an-api-key-0815") == "key ***"
