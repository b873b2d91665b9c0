"""A login that is refused or fails: who is told, who may try again, and silence once the credentials are dead."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from connectors.auth import Basic, ClientCredentials
from connectors.auth_keys import ApiKey, JsonLogin
from connectors.errors import AccessError, ConnectorError, NoSuchCallError, TransientError
from connectors.http import Api
from connectors.oauth import Client, TokenChain
from connectors.quota import FIRST
from tests.connectors.login_server import Login, everybody


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


def basic(url):
    """Return a fixed user and password."""
    return Basic("user", "password")


def key(url):
    """Return a fixed key."""
    return ApiKey("x-key", "the-key")


def credentials(url):
    """Return what fetches a token of the client's own."""
    return ClientCredentials(f"{url}/token", "client", "secret")


def json_login(url):
    """Return what fetches a token for user and password."""
    return JsonLogin(f"{url}/token", "user", "password", answers="access_token")


def chain(url):
    """Return what holds tokens that refresh tokens carry on, with a login behind them."""
    return TokenChain(Client(f"{url}/token", "client", "secret"), user=("user", "password"), advice="log in")


@pytest.mark.parametrize("kind", [basic, key, credentials, json_login, chain])
@pytest.mark.parametrize("renewal", [200, 400, 401])
async def test_however_one_logs_in_three_requests_at_most_leave_once_a_401_has_arrived(loopback, kind, renewal):
    """Sixteen are under way when the first 401 is sent; those had left. Two hundred callers want to follow."""
    under_way, dead, met = 0, False, asyncio.Event()
    later = []

    async def handler(request, writer):
        nonlocal under_way
        if met.is_set():
            later.append(request.path)
        if request.path == "/token":
            body = {"access_token": f"token {len(later)}", "refresh_token": "next", "expires_in": 3600}
            return loopback.reply(renewal if dead else 200, body)
        if not dead:
            return loopback.reply(200)
        under_way += 1
        if under_way == 16:
            met.set()
        await met.wait()
        return loopback.reply(401)

    url = await loopback.serve(handler)
    api = loopback.client(url, kind(url))
    await api.call("GET", "/")
    dead = True
    answers = await everybody(api, 200)
    assert {type(answer) for answer in answers} == {AccessError}
    assert len(later) <= 3
    sent = len(loopback.arrived)
    with pytest.raises(AccessError):
        await api.call("GET", "/")
    assert len(loopback.arrived) == sent


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


class Dripping(httpx.AsyncByteStream):
    """A body that does not come to its end for long."""

    async def __aiter__(self):
        for _ in range(20):
            await asyncio.sleep(0.25)
            yield b"x"


class Unauthorized(httpx.AsyncBaseTransport):
    """Answers 401 at once, and takes its time to say why. `asked` is how often it was."""

    asked = 0

    async def handle_async_request(self, _request):
        """Answer one request."""
        self.asked += 1
        return httpx.Response(401, stream=Dripping())


async def test_a_401_that_takes_its_time_to_say_why_lets_no_more_leave_than_any_other():
    provider = Unauthorized()
    api = Api("erp", "https://erp.test", Basic("u", "p"), transport=provider)
    calls = [api.call("POST", "/invoices", json={}) for _ in range(12)]
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(end) for end in ends} == {AccessError}
    assert provider.asked == FIRST
