"""Token chains on a clock that a test moves."""

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
