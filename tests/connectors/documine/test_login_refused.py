"""A login at DocuMine that is refused or dead: passwords are not hammered, and a person is asked where it needs one."""

import asyncio

import httpx
import pytest

from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError
from connectors.limits import CLOCK, DEFAULT_LIMITS
from connectors.memory import Forgetful
from connectors.oauth import ProcessStore
from connectors.sandbox_faults import Fault
from connectors.wire import Wire
from tests.connectors.documine.chains import BY_PERSON, Hands, Server, chain, kept, log_in, works


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


@pytest.mark.parametrize("status", [404, 405, 410, 415])
async def test_a_login_address_that_does_not_answer_as_one_has_not_refused_the_password(open_account, store, status):
    memory = Forgetful()
    account = await open_account(
        store=store, memory=memory, faults=[Fault("status", "POST", "*/token", status=status, times=1)]
    )
    with pytest.raises(ConnectorError) as caught:
        await account.connection.check()
    assert not isinstance(caught.value, AccessError)
    assert await works(account)
