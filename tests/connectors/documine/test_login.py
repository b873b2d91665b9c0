"""Logging in at DocuMine: one login for everybody, refresh tokens that rotate and outlive the process."""

import asyncio
import json
from collections import Counter

import pytest

from connectors.errors import AccessError, ConnectorError
from connectors.sandbox_faults import Fault
from connectors.settings import SettingsError
from tests.connectors.documine.chains import Hands, Server, chain, kept, works


async def test_sixteen_callers_share_one_login_and_every_call_names_the_tenant(account):
    await asyncio.gather(*(account.listed() for _ in range(16)))
    assert account.tokens == [("password", "200")]
    assert account.app.answers["403"] == 0


async def test_a_call_for_another_workspace_is_refused(open_account):
    account = await open_account(settings={"workspace": "other"})
    with pytest.raises(ConnectorError):
        await account.connection.check()


async def test_a_token_is_refreshed_and_not_asked_for_with_the_password_again(account):
    await works(account)
    assert account.connection.login is None
    for _ in range(3):
        account.app.act({"drop_tokens": "access"})
        assert await works(account)
    assert account.tokens == [("password", "200"), *[("refresh_token", "200")] * 3]


async def test_a_second_401_is_for_a_person(open_account):
    account = await open_account(faults=[Fault("status", "GET", "/api/*", status=401)])
    with pytest.raises(AccessError):
        await account.connection.check()
    assert Counter(account.tokens)[("refresh_token", "200")] == 1
    assert account.app.requests.total() <= 5


@pytest.mark.parametrize(
    ("told", "lives"), [({"expires_in": 300}, 240), ({}, 240), ({"expires_in": 40}, 20), ({"expires_in": "900"}, 840)]
)
async def test_a_token_is_replaced_a_minute_before_its_end(told, lives):
    now = Hands()
    server = Server({"access_token": "one", "refresh_token": "r1", **told}, {"access_token": "two"})
    tokens = chain(now)
    await tokens.headers(server)
    now.time += lives - 1
    assert (await tokens.headers(server))["authorization"] == "Bearer one"
    now.time += 2
    assert (await tokens.headers(server))["authorization"] == "Bearer two"
    assert server.asked[1]["refresh_token"] == "r1"


@pytest.mark.parametrize("name", ["refresh_expires_in", "refresh_expries_in"])
async def test_a_refresh_token_that_has_ended_by_its_own_word_is_not_tried_where_a_password_helps(name):
    now = Hands()
    answer = {"access_token": "one", "refresh_token": "r1", "expires_in": 300, name: 600}
    server = Server(answer, answer)
    tokens = chain(now)
    await tokens.headers(server)
    now.time += 601
    await tokens.headers(server)
    assert [each["grant_type"] for each in server.asked] == ["password", "password"]


async def test_a_refresh_token_without_an_end_is_tried_whenever(store):
    now = Hands()
    server = Server({"access_token": "one", "refresh_token": "r1", "refresh_expires_in": 0}, {"access_token": "two"})
    await chain(now, store=store).headers(server)
    now.time += 90_000
    await chain(now, store=store).headers(server)
    assert server.asked[1]["grant_type"] == "refresh_token"


async def test_an_answer_without_a_refresh_token_keeps_the_old_one(open_account, store):
    account = await open_account(store=store, rotation="not_returned")
    await works(account)
    before = (await kept(store))["refresh"]
    for _ in range(2):
        account.app.act({"drop_tokens": "access"})
        await works(account)
    assert before
    assert (await kept(store))["refresh"] == before
    assert Counter(account.tokens) == {("password", "200"): 1, ("refresh_token", "200"): 2}


async def test_the_new_refresh_token_is_kept_before_the_access_token_is_used(open_account, store):
    account = await open_account(store=store)
    await works(account)
    latest = []
    route = account.app._find  # noqa: SLF001 -- looks at the moment of every call

    def spy(call):
        if call.path.startswith("/api/"):
            kept = json.loads(store._text)["refresh"]  # noqa: SLF001 -- what is kept, not what would be asked for
            latest.append(kept == account.app.login.sessions[-1].latest)
        return route(call)

    account.app._find = spy  # noqa: SLF001 -- as above
    account.app.act({"drop_tokens": "access"})
    await works(account)
    assert latest[-1] is True


async def test_a_later_process_goes_on_with_what_is_kept(open_account, store):
    account = await open_account(store=store)
    await works(account)
    later = await open_account(app=account.app, store=store)
    await works(later)
    assert account.tokens == [("password", "200")]


async def test_what_belongs_to_another_user_is_not_used(open_account, store):
    account = await open_account(store=store)
    await works(account)
    with pytest.raises(AccessError):
        await works(await open_account(app=account.app, store=store, settings={"username": "somebody else"}))


@pytest.mark.parametrize("garbage", ["", "nonsense", "[]", '{"token": "of another release"}'])
async def test_what_cannot_be_read_is_as_good_as_nothing(open_account, store, garbage):
    await store.save(garbage)
    assert await works(await open_account(store=store))


async def test_a_token_path_without_the_old_prefix_is_a_setting(open_account):
    path = "/realms/{workspace}/protocol/openid-connect/token"
    assert await works(await open_account(settings={"token_path": path}, realms="/realms"))


async def test_a_public_client_sends_no_secret(open_account):
    assert await works(await open_account(settings={"client_secret": None}, secret_needed=False))


async def test_user_and_password_come_together(open_account):
    with pytest.raises(SettingsError, match="DOCUMINE_USERNAME and DOCUMINE_PASSWORD"):
        await open_account(settings={"password": None})
