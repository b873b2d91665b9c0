"""The control plane of a sandbox: looking in, starting over, setting switches, and playing the other people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox_http import Call, NotJsonError, Reply, json_reply
from connectors.sandbox_switches import UnknownSwitchError, set_switches

if TYPE_CHECKING:
    from connectors.sandbox_app import SandboxApp


class CannotActError(Exception):
    """The control plane was asked for something that does not exist or makes no sense."""


async def control(app: SandboxApp, call: Call) -> Reply:
    """Serve GET state and POST reset, switches and act. Such calls are never faulted, slowed down or logged."""
    app.clock.settle()
    what = call.path.partition("/_sandbox/")[2].strip("/")
    if (call.method, what) == ("GET", "state"):
        return json_reply(200, app.state())
    if call.method != "POST" or what not in ("reset", "switches", "act"):
        return json_reply(404, {"error": "there are GET state, POST reset, POST switches and POST act"})
    try:
        body = await call.json()
        if what == "act":
            return json_reply(200, app.act(body))
        if what == "switches":
            set_switches(app.shared, body)
        else:
            _reset(app, body)
    except (CannotActError, UnknownSwitchError, NotJsonError) as error:
        return json_reply(400, {"error": str(error)})
    return json_reply(200, {})


def _reset(app: SandboxApp, body: dict[str, object]) -> None:
    documents, seed = body.pop("documents", None), body.pop("seed", None)
    if body or not isinstance(documents, int | None) or not isinstance(seed, int | None):
        raise CannotActError("reset takes documents and seed, both whole numbers")
    app.reset(documents, seed)
