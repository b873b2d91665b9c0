"""The frame of every sandbox: routes, faults, the request log and the control plane under /_sandbox/."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter, deque
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from connectors import sandbox_faults as faults
from connectors.sandbox_clock import Clock
from connectors.sandbox_control import control
from connectors.sandbox_http import Call, GoneAwayError, NotJsonError, RefusedError, Reply, TooLargeError
from connectors.sandbox_pour import Pour

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.types import Receive, Scope, Send

    from connectors.sandbox_switches import SharedSwitches

    Handler = Callable[[Call], Awaitable[Reply]]

LOG_LENGTH = 50_000


class SandboxApp(ABC):
    """An ASGI app that plays a provider. Its whole state is in memory; `state()` shows it, `reset()` starts over.

    `log` keeps the last requests as (moment, endpoint, path, status); status 0 means the connection was broken.
    `poured` has size and SHA-256 of every large file that was sent whole.
    """

    base_path: ClassVar[str]
    """What a base URL ends with, such as `/v2`."""
    prefix: ClassVar[str]
    """The part of every path that is not told to routes and fault patterns."""
    bare_paths: ClassVar[frozenset[str]] = frozenset()
    """Paths that are also served without the prefix."""

    def __init__(self, switches: SharedSwitches) -> None:
        self.shared = switches
        self._routes: dict[int, list[tuple[tuple[str | None, ...], str, dict[str, Handler]]]] = {}
        self._start_over()

    def _start_over(self) -> None:
        """Forget requests and time. Called by every `reset`."""
        self.clock = Clock()
        self.log: deque[tuple[float, str, str, int]] = deque(maxlen=LOG_LENGTH)
        self.requests: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.poured: list[tuple[int, str]] = []
        self.at_once = 0
        self.most_at_once = 0

    # What a provider fills in

    @property
    @abstractmethod
    def credentials(self) -> dict[str, str]:
        """What a client needs to get in, by setting name in lower case."""

    @abstractmethod
    def error(self, status: int, detail: str, title: str | None = None) -> Reply:
        """Word an error the way the provider does."""

    @abstractmethod
    def admit(self, call: Call) -> None:
        """Check credentials (and the quota). Raises RefusedError."""

    def extra_headers(self) -> list[tuple[str, str]]:
        """Return what every answer carries, unless a fault brings its own; names in lower case."""
        return []

    @abstractmethod
    def state(self) -> dict[str, object]:
        """Show everything that matters for asserting."""

    @abstractmethod
    def reset(self, documents: int | None = None, seed: int | None = None) -> None:
        """Start over with fresh data; switches stay."""

    @abstractmethod
    def act(self, what: dict[str, object]) -> object:
        """Do what a person or the provider itself would do. Raises CannotActError."""

    # Routes

    def route(self, method: str, template: str, handler: Handler) -> None:
        """Serve a path; `{}` parts become `call.ids`."""
        parts = tuple(None if part == "{}" else part for part in template.split("/"))
        same_length = self._routes.setdefault(len(parts), [])
        for known, _, handlers in same_length:
            if known == parts:
                handlers[method] = handler
                return
        same_length.append((parts, template, {method: handler}))
        same_length.sort(key=lambda known: known[0].count(None))  # a word beats a variable part

    def _find(self, call: Call) -> Handler | None:
        """Find who answers; None if nothing has this path."""
        parts = call.path.split("/")
        for known, template, handlers in self._routes.get(len(parts), ()):
            if all(want is None or want == have for want, have in zip(known, parts, strict=True)):
                call.endpoint = f"{call.method} {template}"
                call.ids = [unquote(have) for want, have in zip(known, parts, strict=True) if want is None]
                if all(call.ids):
                    return handlers.get(call.method) or self._wrong_method(handlers)
        return None

    def _wrong_method(self, handlers: dict[str, Handler]) -> Handler:
        async def refuse(call: Call) -> Reply:
            reply = self.error(405, f'Method "{call.method}" not allowed.', "Method not allowed")
            reply.headers.append(("allow", ", ".join(sorted(handlers))))
            return reply

        return refuse

    def nowhere(self, call: Call) -> Reply:
        """Answer a path that nothing serves."""
        return self.error(404, f"Nothing is at {call.path}", "Not found")

    # Requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            raise RuntimeError("a sandbox speaks HTTP only")
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        below = path[len(self.prefix) :] if path.startswith(self.prefix + "/") else None
        try:
            if (below or path).startswith("/_sandbox/"):
                call = Call(scope, receive, below or path)
                await faults.send_reply(send, await control(self, call))
                return
            if below is None and path in self.bare_paths:
                below = path
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                await self._serve(Call(scope, receive, path if below is None else below), send, known=below is not None)
            finally:
                self.at_once -= 1
        except asyncio.CancelledError:
            return  # the server is being closed and has broken the connection already
        except GoneAwayError:
            return  # nobody is there to be answered, and a client may leave whenever it likes

    async def _serve(self, call: Call, send: Send, *, known: bool) -> None:
        if self.shared.latency > 0:
            await asyncio.sleep(self.shared.latency)
        fault = next((rule for rule in self.shared.faults if rule.strikes(call.method, call.path)), None)
        if fault is not None:
            self.struck[fault.kind] += 1
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
        reply = await self._outcome(call, fault, known=known)
        self._count(call, 0 if reply is None else reply.status)
        if reply is None:
            await faults.hang_up(call.scope, call.receive)
            return
        brought = {name.lower() for name, _ in reply.headers}
        reply.headers += [header for header in self.extra_headers() if header[0] not in brought]
        await faults.deliver(fault, call, send, reply)

    async def _outcome(self, call: Call, fault: faults.Fault | None, *, known: bool) -> Reply | None:
        """Act on the request if the fault lets it, and return the answer that is to go out (None: none at all)."""
        if fault is None or not fault.harmless:
            reply = await self._answer(call, known=known)
            if fault is None or fault.kind not in ("status", "act_then_drop"):
                return reply
        if fault.kind in ("drop", "act_then_drop"):
            return None
        await call.drain()
        return self._instead(fault)

    async def _answer(self, call: Call, *, known: bool) -> Reply:
        """Act on a request and say what came of it."""
        self.clock.settle()
        try:
            handler = self._find(call) if known else None
            self.admit(call)
            reply = self.nowhere(call) if handler is None else await handler(call)
        except RefusedError as refusal:
            reply = refusal.reply
        except TooLargeError:
            reply = self.error(413, "The body is too large.", "Payload too large")
        except NotJsonError as error:
            reply = self.error(400, f"JSON parse error - {error}", "Request validation error")
        await call.drain()
        return reply

    def _instead(self, fault: faults.Fault) -> Reply:
        """Make up the answer of a fault."""
        if fault.kind == "html":
            return Reply(200, faults.page(), [("content-type", "text/html; charset=utf-8")])
        if fault.body is not None:
            reply = Reply(fault.status, fault.body.encode())
        elif fault.status == 429 or fault.status >= 500:  # noqa: PLR2004 -- HTTP's own numbers
            reply = Reply(fault.status)
        else:
            reply = self.error(fault.status, "This is a fault of the sandbox.")
        reply.headers += fault.headers.items()
        return reply

    def _count(self, call: Call, status: int) -> None:
        if call.endpoint.endswith(" (unknown)"):
            self._find(call)  # a request that was stopped before it was looked at still has its name
        self.requests[call.endpoint] += 1
        self.answers[str(status)] += 1
        self.log.append((self.clock.now(), call.endpoint, call.path, status))

    def file(self, content: bytes, headers: list[tuple[str, str]], packed: str = "") -> Reply:
        """Answer with a file, or with the large one in its place that a switch asks for: in a ZIP, as `packed`, if that is given."""
        size = self.shared.file_size
        poured = Pour(size, lambda size, sha256: self.poured.append((size, sha256)), packed) if size else None
        return Reply(200, content, headers, poured)

    def drifting(self, served: Sequence[str]) -> Sequence[str]:
        """Say which items drift after this page, and use up the allowance (for `enter`: how many are to come)."""
        shared = self.shared
        if shared.drift == "none":
            return ()
        chosen = served if shared.drift_items == "all" else served[: shared.drift_items]
        if shared.drift in ("leave", "reopen") or not chosen:
            return chosen
        chosen = chosen[: max(0, shared.drift_most)]
        shared.drift_most -= 1 if shared.drift == "reorder" else len(chosen)
        return chosen

    def traffic(self) -> dict[str, object]:
        """Show what was asked, for `state()`."""
        return {
            "total": self.requests.total(),
            "by_endpoint": dict(self.requests),
            "by_status": dict(self.answers),
            "faults": dict(self.struck),
            "most_at_once": self.most_at_once,
            "poured": [list(entry) for entry in self.poured],
            "log": [list(entry) for entry in self.log],
        }
