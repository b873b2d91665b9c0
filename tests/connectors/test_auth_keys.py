"""A key in a header, and a login that answers with a JSON Web Token."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

from connectors.auth_keys import ApiKey, JsonLogin
from connectors.errors import AccessError, ConnectorError, TransientError
from connectors.secrets import mask


def token(number, **claims):
    """Return a token as the standard writes it; nobody checks the signature."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, {"n": number, **claims})]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + ".c2lnbmVk"


class Login:
    """A provider that lets in whoever has logged in. Switches say how it misbehaves."""

    def __init__(self, loopback, **claims):
        self.loopback, self.claims = loopback, claims
        self.valid, self.bodies = set(), []
        self.status, self.answer = 200, None

    async def __call__(self, request, _writer):
        if request.path == "/auth":
            self.bodies.append(json.loads(request.body))
            await asyncio.sleep(0.01)
            if self.status != 200:
                return self.loopback.reply(self.status, {"message": "Bad credentials"})
            issued = token(len(self.bodies), **self.claims)
            self.valid.add(issued)
            return self.loopback.reply(200, self.answer or {"authentication_token": issued})
        if request.headers.get("authorization", "").removeprefix("Bearer ") in self.valid:
            return self.loopback.reply(200, {})
        return self.loopback.reply(401, {"message": "Unauthorized"})

    async def open(self, **options):
        self.url = await self.loopback.serve(self)
        return self.another(**options)

    def another(self, attempts=5, **options):
        auth = JsonLogin(f"{self.url}/auth", "ann", "s3cret-word", answers="authentication_token", **options)
        return self.loopback.client(self.url, auth, attempts=attempts)


class Drawer:
    """Keeps a token from process to process."""

    def __init__(self):
        self.text = None

    async def load(self):
        return self.text

    async def save(self, text):
        self.text = text


async def test_a_key_travels_in_its_header_and_never_in_the_address(loopback):
    async def answer(request, _writer):
        return loopback.reply(200, {})

    api = loopback.client(await loopback.serve(answer), ApiKey("X-API-Key", "k-4711-key"))
    await api.call("GET", "/inboxes", params={"page": "1"})
    (asked,) = loopback.arrived
    assert asked.headers["x-api-key"] == "k-4711-key"
    assert "k-4711-key" not in asked.path
    assert "k-4711-key" not in mask("the key is k-4711-key")


async def test_a_key_that_is_refused_stops_the_connection(loopback):
    async def answer(request, _writer):
        return loopback.reply(401, {"message": "Unauthorized"})

    api = loopback.client(await loopback.serve(answer), ApiKey("X-API-Key", "dead-key"))
    for _ in range(3):
        with pytest.raises(AccessError):
            await api.call("GET", "/inboxes")
    assert len(loopback.arrived) == 1


async def test_everybody_waits_for_one_login(loopback):
    login = Login(loopback)
    api = await login.open()
    await asyncio.gather(*(api.call("GET", "/inboxes") for _ in range(8)))
    assert login.bodies == [{"username": "ann", "password": "s3cret-word"}]


async def test_a_token_is_renewed_when_four_fifths_of_its_life_are_over(loopback):
    now = [1_000.0]
    login = Login(loopback, iat=50_000, exp=50_100)
    api = await login.open(now=lambda: now[0])
    for moment, logins in ((1_000.0, 1), (1_079.0, 1), (1_081.0, 2)):
        now[0] = moment
        await api.call("GET", "/inboxes")
        assert len(login.bodies) == logins


async def test_a_token_without_an_end_is_used_until_it_is_refused(loopback):
    now = [1_000.0]
    login = Login(loopback)
    api = await login.open(now=lambda: now[0])
    await api.call("GET", "/inboxes")
    now[0] += 10_000_000
    await api.call("GET", "/inboxes")
    assert len(login.bodies) == 1
    login.valid.clear()
    await asyncio.gather(*(api.call("GET", "/inboxes") for _ in range(5)))
    assert len(login.bodies) == 2


async def test_a_wrong_password_is_for_a_person(loopback):
    login = Login(loopback)
    login.status = 401
    api = await login.open()
    for _ in range(2):
        with pytest.raises(AccessError):
            await api.call("GET", "/inboxes")
    assert len(login.bodies) == 1


async def test_a_login_that_fails_for_now_means_that_nothing_arrived(loopback):
    login = Login(loopback)
    login.status = 503
    api = await login.open(attempts=1)
    with pytest.raises(TransientError) as caught:
        await api.call("POST", "/documents/1", json={})
    assert caught.value.arrived == "no"


async def test_an_answer_without_a_token_is_not_as_documented(loopback):
    login = Login(loopback)
    login.answer = {"message": "welcome"}
    api = await login.open()
    with pytest.raises(ConnectorError, match="without a token"):
        await api.call("GET", "/inboxes")


async def test_a_stored_token_saves_the_next_process_its_login(loopback):
    login, drawer = Login(loopback), Drawer()
    api = await login.open(store=drawer)
    await api.call("GET", "/inboxes")
    await login.another(store=drawer).call("GET", "/inboxes")
    assert len(login.bodies) == 1
    login.valid.clear()
    await login.another(store=drawer).call("GET", "/inboxes")
    assert len(login.bodies) == 2


@pytest.mark.parametrize("text", ["", "{}", "no json", '{"token": "x", "until": null, "owner": "somebody else"}'])
async def test_a_store_with_something_else_in_it_is_no_obstacle(loopback, text):
    login, drawer = Login(loopback), Drawer()
    drawer.text = text
    await (await login.open(store=drawer)).call("GET", "/inboxes")
    assert len(login.bodies) == 1


def inside(text):
    return f"a.{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}.c"


ABSURD = (inside('{"exp": 1' + "0" * 400 + "}"), inside("[" * 3000), inside('{"exp": [1]}'))


@pytest.mark.parametrize("odd", ["opaque", "a.b.c", "a.!!!.c", "a.W10.c", "a.eyJleHAiOiJuZXZlciJ9.c", *ABSURD])
async def test_a_token_that_cannot_be_read_works_all_the_same(loopback, odd):
    login = Login(loopback)
    login.answer = {"authentication_token": odd}
    api = await login.open()
    login.valid.add(odd)
    await api.call("GET", "/inboxes")
    await api.call("GET", "/inboxes")
    assert len(login.bodies) == 1
