"""A provider with a token endpoint, for the tests of logging in."""

from __future__ import annotations

import asyncio

from connectors.auth import ClientCredentials


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
