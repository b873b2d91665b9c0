"""Logging in: one token for everybody, one renewal, and silence once the credentials are dead."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

from connectors.auth import Basic, ClientCredentials
from connectors.errors import AccessError, ConnectorError, GoneError, NoSuchCallError, TransientError
from connectors.secrets import mask


class Login:
    """A provider with a token endpoint. Switches say how it misbehaves."""

    def __init__(self, loopback, lifetime=3600):
        self.loopback = loopback
        self.lifetime = lifetime
        self.valid = set()
        self.issued = self.refused = self.calls = 0
        self.token_status = 200
        self.token_delay = 0.02
        self.useless_tokens = False
        self.meet = 0  # answer business calls only when so many have arrived
        self.met = asyncio.Event()
        self.asked = asyncio.Event()

    async def __call__(self, request, _writer):
        """Answer one request."""
        if request.path == "/auth/token":
            return await self.token()
        self.calls += 1
        if self.calls >= self.meet:
            self.met.set()
        await self.met.wait()
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.valid:
            return self.loopback.reply(200, {"id": 1})
        self.refused += 1
        return self.loopback.reply(401, {"title": "Unauthorized"})

    async def token(self):
        """Answer one login."""
        self.issued += 1
        number = self.issued
        self.asked.set()
        await asyncio.sleep(self.token_delay)
        if self.token_status != 200:
            return self.loopback.reply(self.token_status, {"title": "Invalid client credentials"})
        token = f"token-{number}-secret"
        if not self.useless_tokens:
            self.valid.add(token)
        return self.loopback.reply(200, {"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"})

    async def open(self, *, clock=None, **options):
        """Start the provider and return an Api that logs in there."""
        self.url = await self.loopback.serve(self)
        return self.client(clock=clock, **options)

    def client(self, *, clock=None, secret="s3cret/+", attempts=5, **options):
        """Return one more Api that logs in there, as another process would."""
        auth = ClientCredentials(f"{self.url}/auth/token", "client", secret, **options)
        return self.loopback.client(self.url, auth, clock, attempts=attempts)


async def everybody(api, count=16, path="/documents"):
    return await asyncio.gather(*(api.call("GET", path) for _ in range(count)), return_exceptions=True)


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


@pytest.mark.parametrize("death", ["useless tokens", "400", "401", "403"])
async def test_after_the_credentials_die_at_most_three_requests_leave_and_all_callers_fail(loopback, death):
    login = Login(loopback)
    api = await login.open()
    await api.call("GET", "/")
    login.valid.clear()
    login.calls, login.meet = 0, 16
    login.met.clear()
    login.useless_tokens = True
    login.token_status = int(death) if death.isdigit() else 200
    answers = await everybody(api, 200)  # sixteen leave, the others wait for a slot
    assert {type(answer) for answer in answers} == {AccessError}
    assert api.requests - 2 <= 16 + 3
    before = api.requests
    with pytest.raises(AccessError):
        await api.call("GET", "/")
    with pytest.raises(AccessError):
        async with api.stream("/files/1"):
            pass
    assert api.requests == before


async def test_a_wrong_password_is_dead_at_once(loopback):
    arrived = asyncio.Event()

    async def handler(request, writer):
        if len(loopback.arrived) >= 17:
            arrived.set()
        if len(loopback.arrived) > 1:
            await arrived.wait()
        return loopback.reply(401 if len(loopback.arrived) > 1 else 200)

    api = await loopback.api(handler, auth=Basic("key", ""))
    await api.call("GET", "/")
    answers = await everybody(api, 100)
    assert {type(answer) for answer in answers} == {AccessError}
    assert api.requests == 17


async def test_calls_that_wait_for_their_turn_do_not_leave_once_the_password_is_refused(loopback):
    async def handler(request, writer):
        return loopback.reply(401)

    api = await loopback.api(handler, rate=10)
    answers = await everybody(api)
    assert {type(answer) for answer in answers} == {AccessError}
    assert api.requests == 1


async def test_a_new_token_that_has_not_been_seen_to_work_is_tried_by_one_caller_only(loopback, skipping):
    login = Login(loopback)
    broken = 0

    async def handler(request, writer):
        nonlocal broken
        if login.issued == 2 and request.path != "/auth/token" and not broken:
            broken += 1
            return None  # the one that tries the new token first learns nothing
        return await login(request, writer)

    login.url = await loopback.serve(handler)
    api = login.client(clock=skipping)
    await api.call("GET", "/")
    login.valid.clear()
    login.useless_tokens = True
    login.calls, login.meet = 0, 16
    login.met.clear()
    answers = await everybody(api)
    assert broken == 1
    assert {type(answer) for answer in answers} == {AccessError}
    assert api.requests - 2 == 16 + 3  # a token, the one that broke, the one that was refused


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


async def test_a_missing_right_stops_only_the_call_that_lacks_it(loopback):
    async def handler(request, writer):
        return loopback.reply(403 if request.path == "/admin" else 200)

    api = await loopback.api(handler)
    with pytest.raises(AccessError):
        await api.call("GET", "/admin")
    assert (await api.call("GET", "/")).status == 200


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_login_needs_a_person(loopback, status):
    login = Login(loopback)
    login.token_status = status
    api = await login.open()
    answers = await everybody(api)
    assert {type(answer) for answer in answers} == {AccessError}
    assert str(answers[0]) == f"demo: POST /auth/token answered {status}: Invalid client credentials"
    assert api.requests == login.issued == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_login_that_fails_for_now_has_sent_nothing(loopback, skipping, status):
    login = Login(loopback)
    login.token_status = status
    api = await login.open(clock=skipping)
    with pytest.raises(TransientError) as caught:
        await api.call("POST", "/contracts/", json={})
    assert caught.value.arrived == "no"
    assert login.calls == 0
    assert login.issued > 1
    login.token_status = 200
    assert (await api.call("POST", "/contracts/", json={})).status == 200


async def test_a_renewal_that_fails_for_now_is_shared_and_tried_again_later(loopback):
    login = Login(loopback)
    await login.open()
    api = login.client(attempts=1)
    await api.call("GET", "/")
    login.valid.clear()
    login.calls, login.meet = 0, 16
    login.met.clear()
    login.token_status = 503
    before = login.issued
    answers = await everybody(api)
    assert {type(answer) for answer in answers} == {TransientError}
    assert {answer.arrived for answer in answers} == {"no"}
    assert login.issued == before + 1
    login.token_status = 200
    answers = await everybody(api)
    assert [answer.status for answer in answers] == [200] * 16


@pytest.mark.parametrize("status", [301, 404, 405])
async def test_a_wrong_token_address_is_told_from_wrong_credentials(loopback, status):
    login = Login(loopback)
    login.token_status = status
    api = await login.open()
    with pytest.raises(ConnectorError) as caught:
        await api.call("GET", "/")
    assert type(caught.value) in (ConnectorError, NoSuchCallError)
    assert api.requests == 1


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"access_token": ""}', b'{"access_token": 5}'])
async def test_a_login_without_a_token_is_not_as_documented(loopback, body):
    async def handler(request, writer):
        return loopback.reply(200, body)

    url = await loopback.serve(handler)
    api = loopback.client(url, ClientCredentials(f"{url}/auth/token", "client", "secret"))
    with pytest.raises(ConnectorError, match="without a token"):
        await api.call("GET", "/")


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
