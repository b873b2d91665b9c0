"""The ground on which processes are killed: both ends of a route, a server of victims, and what each trial shows."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, cast

from cryptography.fernet import Fernet

from connectors.sandbox import serve
from tests.flows.lives import Tally
from tests.flows.victims import Victims

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

    from starlette.types import Message, Receive, Scope, Send

    from connectors.sandbox_app import SandboxApp
    from tests.flows.findings import Findings
    from tests.flows.lives import Life
    from tests.flows.victims import Living

SETTING_OUT = 40
"""About how many points a run passes before it comes to where the one before it died."""
RUNS = 3
"""How many runs may follow a killed one until everything is done."""


class World(Protocol):
    """What lies around a route: its two ends and its books. `source` names the app that is told.

    `before` says for each run that comes before the trial, and that nobody kills, what is other in its settings.
    """

    route: str
    source: str
    apps: Mapping[str, SandboxApp]
    on_disk: bool
    begin: Callable[[Path], dict[str, str]]
    before: Callable[[Path], Sequence[dict[str, str]]]
    told: Callable[[], set[str]]
    lacking: Callable[[], dict[str, list[str]]]
    halves: Callable[[], list[str]]
    audit: Callable[[], Findings]


class Ground:
    """A world and a server of victims. Every trial starts with fresh accounts and no ledger at all."""

    def __init__(self, world: World, victims: Victims, folder: Path, settings: dict[str, str], *, at_once: int) -> None:
        self.world = world
        self.victims = victims
        self.answers = 0
        """How many answers have gone out in this trial."""
        self.premature: list[str] = []
        """What the far end lacked when the source was told about its documents."""
        self.urls: dict[str, str] = {}
        self.folder = folder / "trial"
        self.answering: Callable[[int], None] = lambda _number: None
        """Called with its number when an answer is about to go out."""
        self._settings = settings
        self._at_once = at_once
        self._where: dict[str, object] = {}
        self.settings: dict[str, str] = {}
        """Those of the processes of this trial."""

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Ground]:
        """Serve the sandboxes."""
        apps = self.world.apps
        async with serve(cast("Any", {name: _Door(app, self) for name, app in apps.items()})) as self.urls:
            for name, app in apps.items():
                secrets = {"base_url": self.urls[name], **app.credentials}
                self._settings |= {f"{name}_{key}".upper(): value for key, value in secrets.items()}
            yield self

    async def begin(self, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start over, up to where the processes of this trial begin. `settings` are for all of them."""
        shutil.rmtree(self.folder, ignore_errors=True)  # what the last trial left stays until now, to be looked at
        self.folder.mkdir(parents=True)
        here = self.settings = self._settings | self.world.begin(self.folder) | settings
        self._where = {
            "folder": str(self.folder), "settings": here, "route": self.world.route, "disk": self.world.on_disk,
        }  # fmt: skip
        self.answering = lambda _number: None
        for other in self.world.before(self.folder):
            life = await self.victims.live(self.order(at_once=2 * self._at_once, settings=here | other))
            assert life.complete, life
        self.premature.clear()
        self.answers = 0

    def order(self, **more: object) -> dict[str, object]:
        """Return the order for a process of this trial; `more` says what is other than usual."""
        return {"fatal": 0, "at_once": self._at_once, "spoilt": "", "lost": "", **self._where, **more}

    async def trial(
        self, tally: Tally, fatal: Sequence[int | str] = (), *, answer: int = 0, spoilt: str = "", lost: str = ""
    ) -> list[Life]:
        """Start over, let processes die one after the other at their fatal points, then run until all is done.

        With `answer`, the first one is killed from outside when that answer is about to go out. `spoilt` and `lost` are
        for all of them, see `spoil` and `Points`. Returns all lives, the first one first. What is found is added to the
        tally.
        """
        await self.begin()
        return await self.go_on(tally, fatal, answer=answer, spoilt=spoilt, lost=lost)

    async def go_on(
        self, tally: Tally, fatal: Sequence[int | str] = (), *, answer: int = 0, spoilt: str = "", lost: str = ""
    ) -> list[Life]:
        """Do on what a trial has left what a trial does once it has started over."""
        self.premature.clear()
        self.answers = 0
        lives: list[Life] = []
        halves: list[str] = []
        for point in (*(fatal or [0]), *[0] * RUNS):
            living = await self.victims.begin(self.order(fatal=point, spoilt=spoilt, lost=lost))
            self.answering = partial(_kill_at, living, 0 if lives else answer)
            lives.append(await living.over())
            if lives[-1].complete:
                break
            await self.quiet()
            halves += self.world.halves()
        self.judge(tally, f"point {answer or list(fatal)}", lives, halves)
        return lives

    def judge(self, tally: Tally, where: str, lives: list[Life], halves: list[str]) -> None:
        """Add to the tally what is found after the last of these lives. `where` says of which trial that is."""
        found = self.world.audit()
        found.wrong += halves
        kills = [life for life in lives if life.killed]
        if not lives[-1].complete:
            found.wrong.append(f"not complete after {len(lives)} runs: {lives[-1].words}")
        found.wrong += [f"run {number} ended with {life.ended}" for number, life in enumerate(lives, 1) if life.failed]
        tally.trials += 1
        tally.kills += len(kills)
        tally.most_runs = max(tally.most_runs, len(lives) - len(kills))
        tally.met |= {life.died for life in kills if life.died}
        where += f" ({', then '.join(life.died or 'from outside' for life in kills) or 'it lived'}): "
        tally.lost += [where + words for words in found.lost]
        tally.doubled += [where + words for words in found.doubled]
        tally.wrong += [where + words for words in found.wrong]
        tally.premature += [where + words for words in self.premature]

    async def quiet(self) -> None:
        """Let requests of the dead come to their end: what was on the wire is acted upon, as it would be anywhere."""
        await asyncio.sleep(0.02)
        while any(app.at_once for app in self.world.apps.values()):  # noqa: ASYNC110 -- they offer a count, no event
            await asyncio.sleep(0.01)


def _kill_at(living: Living, answer: int, number: int) -> None:
    if number == answer:
        living.send(signal.SIGKILL)


class _Door:
    """Stands in front of a sandbox and sees what goes in and out."""

    def __init__(self, app: SandboxApp, ground: Ground) -> None:
        self._app = app
        self._ground = ground
        self.base_path = app.base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._ground.answers += 1
                self._ground.answering(self._ground.answers)
            await send(message)

        world = self._ground.world
        tells = scope["method"] != "GET" and self._app is world.apps[world.source]
        before, lacking = (world.told(), world.lacking()) if tells else (set(), {})
        try:
            with suppress(ConnectionResetError):  # the dead have hung up in the middle of an upload
                await self._app(scope, receive, sending)
        finally:
            for document_id in world.told() - before if tells else ():
                if document_id in scope["path"]:  # the others were told by requests beside this one
                    self._ground.premature += lacking.get(document_id, ())


@asynccontextmanager
async def grounds(
    folder: Path,
    world: Callable[[], World],
    victims: Victims | None = None,
    *,
    lanes: int = 1,
    at_once: int = 2,
    settle: float = 0.0,
) -> AsyncIterator[list[Ground]]:
    """Prepare grounds for trials that go on side by side, each in a world of its own.

    `victims`: a server that is there already. `settle` is in seconds: how long a lost outcome waits
    for lists to show it.
    """
    async with AsyncExitStack() as stack:
        server = victims or stack.enter_context(Victims())
        made = []
        for lane in range(lanes):
            here = world()
            connections = {*here.apps, here.source}
            settings = {f"{name}_SETTLE_SECONDS".upper(): str(settle) for name in connections}
            settings |= {f"{name}_VERIFY_WITHIN".upper(): "5.0" for name in connections}
            settings["DOCFERRY_KEYS"] = Fernet.generate_key().decode()  # so that tokens' commits die too
            ground = Ground(here, server, folder / f"lane-{lane}", settings, at_once=at_once)
            made.append(await stack.enter_async_context(ground.ready()))
        yield made


async def sweep(
    lanes: Sequence[Ground], step: int, rotation: int = 0, *, by_answer: bool = False, twice: bool = False
) -> Tally:
    """Let a process die at every `step`-th point and say what was found. Which ones it starts with goes by `rotation`.

    The points are those that a run passes which nobody kills; with `by_answer`, the moments before an answer goes out.
    With `twice`, the next run is killed too, wherever it may be.
    """
    tally, began = Tally(), time.monotonic()
    whole = (await lanes[0].trial(tally))[0]
    assert whole.complete, whole
    assert tally.clean, tally.everything
    tally.points = lanes[0].answers if by_answer else len(whole.passed)
    tally.known = set(whole.passed)
    left = iter(range(1 + rotation % step, tally.points + 1, step))
    chance = random.Random(rotation)

    async def work(ground: Ground) -> None:
        for point in left:
            if by_answer:
                await ground.trial(tally, answer=point)
            else:
                second = [chance.randrange(1, tally.points - point + SETTING_OUT)] if twice else []
                await ground.trial(tally, [point, *second])

    async with asyncio.TaskGroup() as group:
        for ground in lanes:
            group.create_task(work(ground))
    if step == 1 and not by_answer:  # numbers shift a little from run to run: what they missed is met by its name
        for what in sorted(tally.known - tally.met):
            await lanes[0].trial(tally, [what])
    tally.seconds = time.monotonic() - began
    return tally
