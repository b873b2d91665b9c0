"""Hears every exchange that any sandbox has in the whole test run, so that all of them are compared with the documents."""

from __future__ import annotations

from connectors.sandbox_app import SandboxApp
from tests.conformance.watch import WATCH
from tests.contract.between import KEPT, Exchange

OURS = ("user-agent", "docferry")
"""What our clients say of themselves. What a test asks by hand, to see a sandbox refuse it, is nobody's request."""


def listen():
    """Have every sandbox of this process heard from now on. What Between has changed was not heard here."""
    answer = SandboxApp.__call__

    async def heard(app, scope, receive, send):
        provider = _provider(app)
        path = (scope.get("raw_path") or scope.get("path", "").encode()).decode("latin-1").removeprefix(app.prefix)
        if WATCH.document(provider, app.base_path) is None or path.startswith("/_sandbox/"):
            await answer(app, scope, receive, send)
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        query = scope["query_string"].decode("latin-1")
        exchange = Exchange(scope["method"], path, query, headers, ours=OURS in headers)
        struck = app.struck.total()

        async def hear():
            message = await receive()
            exchange.hear(message)
            return message

        async def say(message):
            exchange.say(message)
            await send(message)

        try:
            await answer(app, scope, hear, say)
        finally:
            # A switch makes a sandbox behave as no document says, and a fault is nobody's answer.
            exchange.staged = app.struck.total() != struck or len(exchange.answer) >= KEPT
            WATCH.look(provider, app.base_path, [exchange])

    SandboxApp.__call__ = heard


def _provider(app):
    of = (one.__module__.split(".") for one in type(app).__mro__ if one is not SandboxApp)
    return next(parts[1] for parts in of if parts[0] == "connectors")
