"""What every connector promises of its way to the provider: bounded, honest about failures, silent about secrets."""

import asyncio
import logging
import traceback

import psutil
import pytest

from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError
from connectors.settings import SettingsError
from tests.contract.account import QUICKLY, connected
from tests.contract.levels import bronze, gold, platinum, silver

ECHO = "secret-of-the-document"


def look(it):
    """Make the cheapest call that the connection can make."""
    return it.connection.check()


@bronze
async def test_the_check_says_in_a_sentence_what_it_saw(either):
    async with either() as it:
        sentence = await look(it)
        assert it.connection.name in sentence
        assert it.connection.traffic.requests >= 1


@bronze
async def test_wrong_credentials_are_an_access_error(either):
    async with either() as it:
        wrong = {name: "wrong-credential" for name in it.app.credentials if any(word in name for word in SECRET)}
        other = await connected(it.subject, it.app, it.url, wrong)
        try:
            with pytest.raises(AccessError):
                await other.check()
        finally:
            await other.close()


@silver
async def test_opening_a_connection_sends_nothing(either):
    async with either() as it:
        assert (it.connection.traffic.requests, it.app.requests.total()) == (0, 0)


@silver
async def test_every_request_is_counted(either):
    async with either() as it:
        for _ in range(3):
            await look(it)
        assert it.connection.traffic.requests == it.app.requests.total() > 0


@silver
async def test_closing_closes_every_connection(either):
    async with either() as it:
        port = int(it.url.split(":")[2].partition("/")[0])

        def open_to_it():
            return [one for one in psutil.Process().net_connections("tcp") if one.raddr and one.raddr.port == port]

        await asyncio.gather(*(look(it) for _ in range(4)))
        assert open_to_it()
        await it.connection.close()
        async with asyncio.timeout(3):
            while any(one.status == psutil.CONN_ESTABLISHED for one in open_to_it()):  # noqa: ASYNC110 -- the kernel tells nobody
                await asyncio.sleep(0.01)


@silver
async def test_credentials_are_sent_over_tls_or_to_this_machine_only(either):
    async with either() as it:
        with pytest.raises((SettingsError, ValueError)):
            await connected(it.subject, it.app, "http://example.com/api")


@platinum
@pytest.mark.parametrize("endpoint", ["* *", "GET *"], ids=["everywhere", "but-for-new-tokens"])
async def test_refused_credentials_are_not_hammered(either, endpoint):
    async with either() as it:
        await look(it)
        it.strike("status", endpoint, status=401)
        before = it.app.requests.total()
        outcomes = await asyncio.gather(*(look(it) for _ in range(12)), return_exceptions=True)
        assert {type(one) for one in outcomes} == {AccessError}
        allowed = 12 + 3  # those who were under way already, and three more
        assert it.app.requests.total() - before <= allowed
        before = it.app.requests.total()
        for _ in range(5):
            with pytest.raises(AccessError):
                await look(it)
        assert it.app.requests.total() - before <= 3


@silver
async def test_a_right_that_is_missing_is_an_access_error_and_no_end(either):
    async with either() as it:
        await look(it)
        it.strike("status", "GET *", status=403)
        with pytest.raises(AccessError) as caught:
            await look(it)
        assert caught.value.status == 403
        it.heal()
        assert await look(it)


@gold
async def test_a_storm_of_429_is_waited_out(either):
    async with either() as it:
        await look(it)
        fault = it.strike("status", "* *", status=429, headers={"retry-after": "1"}, times=2)
        assert await look(it)
        assert fault.struck == 2


@gold
async def test_a_429_keeps_everybody_waiting_and_not_only_the_one_it_met(either):
    async with either() as it:
        await look(it)
        fault = it.strike("status", "* *", status=429, headers={"retry-after": "1"}, times=1)
        met = asyncio.ensure_future(look(it))
        while not fault.struck:  # noqa: ASYNC110 -- a sandbox counts, but tells nobody when
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        before = it.app.requests.total()
        others = [asyncio.ensure_future(look(it)) for _ in range(4)]
        await asyncio.sleep(0.3)
        assert it.app.requests.total() == before
        await asyncio.gather(met, *others)


@gold
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_passing_fault_of_the_server_goes_unnoticed(either, status):
    async with either() as it:
        fault = it.strike("status", "* *", status=status, headers=QUICKLY, times=2)
        assert await look(it)
        assert fault.struck == 2


@silver
async def test_a_lasting_fault_of_the_server_is_transient_and_ends(either):
    async with either() as it:
        it.strike("status", "* *", status=503, headers=QUICKLY)
        async with asyncio.timeout(10):
            with pytest.raises(TransientError):
                await look(it)
        assert it.app.requests.total() <= 6


@silver
@pytest.mark.parametrize("kind", ["cut", "garbled", "html", "drop"])
async def test_an_answer_that_is_broken_once_is_asked_for_again(either, kind):
    async with either() as it:
        await look(it)
        fault = it.strike(kind, "GET *", times=1)
        assert await look(it)
        assert fault.struck == 1


@platinum
@pytest.mark.parametrize("kind", ["drip", "delay"])
async def test_an_answer_that_drips_or_never_comes_is_given_up_and_asked_for_again(either, kind):
    async with either({"timeout": 0.3}) as it:
        await look(it)
        fault = it.strike(kind, "GET *", seconds=60, times=1)
        async with asyncio.timeout(5):
            assert await look(it)
        assert fault.seen >= 2


@silver
async def test_redirects_are_not_followed(either):
    async with either() as it:
        await look(it)
        it.strike("status", "GET *", status=302, headers={"location": "https://example.com/elsewhere"})
        with pytest.raises(ConnectorError, match=r"example\.com"):
            await look(it)


@gold
@pytest.mark.parametrize("moment", ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 2199 23:59:59 GMT", "yesterday"])
async def test_the_servers_own_clock_is_of_no_importance(either, moment):
    async with either() as it:
        for endpoint in ("GET {}", "GET {}/{}", "GET /{}", "GET /{}/", "GET /{}/{}", "POST /{}/{}"):
            it.between.change(endpoint, lambda exchange: exchange.answer_headers.append(("date", moment)))
        for _ in range(2):
            assert await look(it)


@gold
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 503])
async def test_errors_and_logs_tell_neither_secrets_nor_what_the_provider_echoes(either, caplog, status):
    async with either() as it:
        secrets = [text for name, text in it.app.credentials.items() if any(word in name for word in SECRET)]
        assert secrets
        # An answer that quotes what was sent, as helpful servers do.
        body = f'{{"detail": "you sent {secrets[0]}", "received": {{"number": "{ECHO}"}}, "input": "{ECHO}"}}'
        it.strike("status", "* *", status=status, body=body, headers=QUICKLY)
        with caplog.at_level(logging.DEBUG, logger="connectors"), pytest.raises(ConnectorError) as caught:
            await look(it)
        said = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
        assert not any(text in said for text in (*secrets, ECHO))


SECRET = ("secret", "key", "password", "token")


@silver
@pytest.mark.parametrize("status", [400, 404, 409, 410, 413, 415, 422])
async def test_what_is_refused_is_no_fault_that_passes(either, status):
    async with either() as it:
        await look(it)
        before = it.app.requests.total()
        it.strike("status", "GET *", status=status)
        with pytest.raises(ConnectorError) as caught:
            await look(it)
        assert not isinstance(caught.value, TransientError)
        assert it.app.requests.total() - before <= 3


@gold
@pytest.mark.parametrize("status", [405, 501])
async def test_a_call_that_is_not_offered_is_no_verdict_on_a_document(either, status):
    async with either() as it:
        await look(it)
        it.strike("status", "GET *", status=status)
        with pytest.raises(ConnectorError) as caught:
            await look(it)
        assert not isinstance(caught.value, RejectedError | TransientError)


@silver
async def test_many_calls_at_once_stay_within_the_limit(either):
    async with either({"max_concurrency": 3}, latency=0.01) as it:
        await asyncio.gather(*(look(it) for _ in range(15)))
        assert it.app.most_at_once <= 3
