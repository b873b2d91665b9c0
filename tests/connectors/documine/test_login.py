"""Logging in at DocuMine: refresh tokens that rotate, passwords that are not hammered, and a person where it needs one."""

import asyncio
import json
from collections import Counter

import httpx
import pytest

from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError
from connectors.limits import CLOCK, DEFAULT_LIMITS
from connectors.memory import Forgetful
from connectors.oauth import ProcessStore
from connectors.sandbox_faults import Fault
from connectors.settings import SettingsError
from connectors.wire import Wire
from tests.connectors.documine.chains import BY_PERSON, Hands, chain


async def works(account):
    return "the login works" in await account.connection.check()


async def kept(store):
    return json.loads(await store.load())


async def log_in(account):
    """Keep tokens as a person's login would bring them."""
    login = account.app.login
    answer = json.loads(login._tokens(login._session()).body)  # noqa: SLF001 -- the page is driven in tests of its own
    await account.connection.login.chain.adopt(answer)


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


class Server:
    """A token endpoint that answers what it is told, in place of a wire."""

    connection = "documine"

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []
        self.quota = self

    async def turn(self):
        """Nobody has to wait."""

    async def ask(self, out, _credentials):
        """Give the next answer."""
        self.asked.append(dict(part.split("=") for part in out.content.decode().split("&")))
        return self

    def json(self):
        """Return what is answered."""
        return self.answers.pop(0)


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


async def test_a_dead_refresh_token_is_followed_by_one_new_login(account):
    await works(account)
    account.app.act({"drop_tokens": "all"})
    assert await works(account)
    assert account.tokens == [("password", "200"), ("refresh_token", "400"), ("password", "200")]


async def test_a_dead_refresh_token_that_is_answered_with_401_is_followed_by_one_new_login_too(account):
    await works(account)
    account.app.act({"drop_tokens": "all"})
    body = '{"error": "invalid_grant", "error_description": "Token is not active"}'
    account.app.shared.faults.append(Fault("status", "POST", "*/token", status=401, body=body, times=1))
    assert await works(account)
    assert account.tokens == [("password", "200"), ("password", "200")]


async def test_a_refresh_that_a_401_refuses_for_the_clients_sake_is_for_a_person(account):
    await works(account)
    account.app.act({"drop_tokens": "access"})
    body = '{"error": "invalid_client"}'
    account.app.shared.faults.append(Fault("status", "POST", "*/token", status=401, body=body))
    with pytest.raises(AccessError, match="invalid_client"):
        await works(account)


async def test_a_refresh_whose_answer_is_lost_costs_one_login(open_account):
    account = await open_account()
    await works(account)
    account.app.act({"drop_tokens": "access"})
    account.app.shared.faults.append(Fault("act_then_drop", "POST", "*/token", times=1))
    assert await works(account)
    assert account.tokens == [
        ("password", "200"), ("refresh_token", "200"), ("refresh_token", "400"), ("password", "200"),
    ]  # fmt: skip


@pytest.mark.parametrize("with_key", [True, False])
async def test_a_wrong_password_is_sent_once_and_not_by_later_processes_either(open_account, store, with_key):
    wrong, store, memory = {"password": "not-the-password"}, store if with_key else None, Forgetful()
    account = await open_account(store=store, memory=memory, settings=wrong)
    outcomes = await asyncio.gather(*(account.connection.check() for _ in range(16)), return_exceptions=True)
    assert all(isinstance(one, AccessError) for one in outcomes)
    for _ in range(3):
        with pytest.raises(AccessError, match="not sent again"):
            await works(await open_account(app=account.app, store=store, memory=memory, settings=wrong))
    assert account.tokens == [("password", "401")]
    assert await works(await open_account(app=account.app, store=store, memory=memory))


async def test_a_refused_password_is_sent_again_after_an_hour():
    now, memory = Hands(), Forgetful()

    class Refusing(Server):
        async def ask(self, out, credentials):
            """Refuse whatever is sent."""
            await super().ask(out, credentials)
            raise AccessError("401: invalid_grant", connection="documine", status=401)

    server = Refusing()
    for wait, asked in ((0, 1), (3599, 1), (2, 2), (60, 2)):
        now.time += wait
        with pytest.raises(AccessError):
            await chain(now, memory=memory).headers(server)
        assert len(server.asked) == asked


async def test_a_password_grant_that_is_switched_off_is_for_a_person(open_account):
    account = await open_account(password_grant=False)
    with pytest.raises(AccessError, match="direct access"):
        await works(account)


async def test_a_wrong_client_is_no_dead_token(open_account, store):
    account = await open_account(store=store, settings=BY_PERSON)
    await log_in(account)
    account.app.act({"drop_tokens": "access"})
    other = await open_account(app=account.app, store=store, settings={**BY_PERSON, "client_secret": "wrong-secret"})
    with pytest.raises(AccessError, match="client"):
        await works(other)
    assert await works(account)


async def test_a_refresh_that_is_refused_for_the_clients_sake_leaves_the_chain_alone(open_account, store):
    account = await open_account(store=store, settings=BY_PERSON)
    await log_in(account)
    account.app.act({"drop_tokens": "access"})
    refusal = '{"error": "invalid_client", "error_description": "Client disabled"}'
    account.app.shared.faults.append(Fault("status", "POST", "*/token", status=400, body=refusal))
    with pytest.raises(AccessError, match="invalid_client"):
        await works(account)
    account.app.shared.faults.clear()
    assert (await kept(store))["refresh"]
    assert await works(await open_account(app=account.app, store=store, settings=BY_PERSON))


async def test_a_chain_that_somebody_has_replaced_meanwhile_is_gone_on_with(store):
    """A process that was thought dead, or a person's login, may save while another one's refresh is refused."""
    now = Hands()
    first = chain(now, user=None, store=store)
    await first.adopt({"access_token": "one", "refresh_token": "r1", "expires_in": 300})
    now.time += 300
    other = ProcessStore()
    await chain(now, user=None, store=other).adopt({"access_token": "two", "refresh_token": "r2", "expires_in": 300})

    class Meanwhile(Server):
        async def ask(self, out, credentials):
            """Refuse the token, after somebody else has saved another."""
            await super().ask(out, credentials)
            await store.save(await other.load())
            raise RejectedError("400: invalid_grant", connection="documine", status=400)

    server = Meanwhile()
    assert (await first.headers(server))["authorization"] == "Bearer two"
    assert [each["refresh_token"] for each in server.asked] == ["r1"]
    assert (await kept(store))["refresh"] == "r2"


async def test_without_a_password_a_person_has_to_log_in_and_nobody_asks_again_until_that_was_done(open_account, store):
    account = await open_account(store=store, settings=BY_PERSON)
    with pytest.raises(AccessError, match="docferry connect documine"):
        await works(account)
    await log_in(account)
    account = await open_account(app=account.app, store=store, settings=BY_PERSON)
    assert await works(account)
    account.app.act({"drop_tokens": "all"})
    for _ in range(3):
        with pytest.raises(AccessError, match="docferry connect documine"):
            await works(await open_account(app=account.app, store=store, settings=BY_PERSON))
    assert account.tokens == [("refresh_token", "400")]


async def test_an_outage_of_the_login_is_for_later_and_loses_nothing(open_account, store):
    account = await open_account(store=store, settings=BY_PERSON, access_life=0.1)
    await log_in(account)
    await asyncio.sleep(0.6)  # the answer says a second, of which half is used
    account.app.shared.faults.append(Fault("status", "POST", "*/token", status=503))
    wire = Wire("documine", httpx.ASGITransport(account.app), DEFAULT_LIMITS, CLOCK)
    with pytest.raises(TransientError) as failure:
        await account.connection.login.chain.headers(wire)
    assert failure.value.arrived == "no"
    account.app.shared.faults.clear()
    account.app.switches.access_life = 300
    assert await works(await open_account(app=account.app, store=store, settings=BY_PERSON))


async def test_a_token_path_without_the_old_prefix_is_a_setting(open_account):
    path = "/realms/{workspace}/protocol/openid-connect/token"
    assert await works(await open_account(settings={"token_path": path}, realms="/realms"))


async def test_a_public_client_sends_no_secret(open_account):
    assert await works(await open_account(settings={"client_secret": None}, secret_needed=False))


async def test_user_and_password_come_together(open_account):
    with pytest.raises(SettingsError, match="DOCUMINE_USERNAME and DOCUMINE_PASSWORD"):
        await open_account(settings={"password": None})
