"""What the tests of logging in share: token chains on a clock that a test moves, and a token endpoint that obeys."""

import json

from connectors.oauth import Client, TokenChain

BY_PERSON = {"username": None, "password": None}


class Hands:
    """A clock that a test moves."""

    def __init__(self):
        self.time = 5000.0

    def __call__(self):
        """Read it."""
        return self.time


def chain(now, user=("u", "secret-password"), store=None, memory=None):
    client = Client("http://127.0.0.1/token", "client")
    return TokenChain(client, user=user, advice="log in", store=store, memory=memory, now=now)


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


async def works(account):
    return "the login works" in await account.connection.check()


async def kept(store):
    return json.loads(await store.load())


async def log_in(account):
    """Keep tokens as a person's login would bring them."""
    login = account.app.login
    answer = json.loads(login._tokens(login._session()).body)  # noqa: SLF001 -- the page is driven in tests of its own
    await account.connection.login.chain.adopt(answer)
