"""Tokens as sloppy servers hand them out: every way to log in reads them alike."""

import pytest

from connectors.auth import ClientCredentials
from connectors.auth_keys import JsonLogin
from connectors.errors import ConnectorError
from connectors.oauth import Client, TokenChain

WAYS = {
    "client credentials": lambda url: ClientCredentials(f"{url}/token", "c", "s3cret"),
    "login": lambda url: JsonLogin(f"{url}/token", "ann", "s3cret", answers="authentication_token"),
    "chain": lambda url: TokenChain(Client(f"{url}/token", "c", "s3cret"), user=("ann", "w0rd"), advice="log in"),
}


@pytest.fixture(params=WAYS)
def asking(loopback, request):
    """Return what asks once with a token that the login hands out like this, and returns the header that was sent."""

    async def ask(token):
        async def answer(asked, _writer):
            tokens = {"access_token": token, "authentication_token": token, "refresh_token": "r"}
            return loopback.reply(200, tokens if asked.path == "/token" else {})

        url = await loopback.serve(answer)
        await loopback.client(url, WAYS[request.param](url)).call("GET", "/list")
        return loopback.arrived[-1].headers["authorization"]

    return ask


@pytest.mark.parametrize("token", ["t-4711\n", " t-4711", "t-4711\r\n"])
async def test_what_stands_around_a_token_is_no_part_of_it(asking, token):
    assert await asking(token) == "Bearer t-4711"


@pytest.mark.parametrize("token", ["t-4711\nx: y", "t-47\r\n11", "t-4711\0", "t-é", "t-\ud800"])
async def test_a_token_that_no_header_can_carry_stops_the_connection_and_is_not_shown(asking, token):
    with pytest.raises(ConnectorError, match="no header can carry") as caught:
        await asking(token)
    assert "t-" not in str(caught.value)


@pytest.mark.parametrize("token", [None, 5, "", " ", "\n", ["t"]])
async def test_what_is_no_token_is_said_to_be_none(asking, token):
    with pytest.raises(ConnectorError, match="without a token"):
        await asking(token)
