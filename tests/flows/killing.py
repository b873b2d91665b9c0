"""The ground on which processes are killed: both sandboxes, a server of victims, and what is asserted about each trial."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cryptography.fernet import Fernet

from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.sandbox import serve
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from tests.flows.books import Books

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.types import Message, Receive, Scope, Send

    from connectors.sandbox_app import SandboxApp

DOCUMENTS, SET = 15, 320
"""Twelve of these fifteen documents are ready; a test says what they have to offer."""
SETTING_OUT = 40
"""About how many points a run passes before it comes to where the one before it died."""
RUNS = 3
"""How many runs may follow a killed one until everything is done."""


@dataclass(frozen=True)
class Life:
    """One run of a process. `ended` is its exit code; `died` is the point at which it killed itself."""

    ended: int
    died: str | None = None
    complete: bool = False
    passed: list[str] = field(default_factory=list)
    words: str = ""

    @property
    def killed(self) -> bool:
        """True if SIGKILL ended it, whoever sent it."""
        return self.ended == -signal.SIGKILL

    @property
    def failed(self) -> bool:
        """True if it ended in any other way than by itself or by SIGKILL: an exception, or an alarm because it hung."""
        return not self.killed and self.ended != 0


@dataclass
class Tally:
    """What a sweep has found, over all its trials."""

    points: int = 0
    trials: int = 0
    kills: int = 0
    most_runs: int = 0
    known: set[str] = field(default_factory=set)
    """The kinds of points there are …"""
    met: set[str] = field(default_factory=set)
    """… and those at which a process has died."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    premature: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """True if nothing was found."""
        return not (self.lost or self.doubled or self.premature or self.wrong)

    def __str__(self) -> str:
        return (
            f"{self.points} points, {self.trials} trials, {self.kills} processes killed, "
            f"all done after at most {self.most_runs} more; "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.premature)} acknowledged too early, "
            f"{len(self.wrong)} otherwise wrong; {self.seconds:.0f} s"
        )

    @property
    def everything(self) -> str:
        """The findings in full, for a failed assertion."""
        return "\n".join([str(self), *self.lost, *self.doubled, *self.premature, *self.wrong])


class Ground:
    """Both accounts and a server of victims. Every trial starts with fresh accounts and no ledger at all."""

    def __init__(
        self, folder: Path, settings: dict[str, str], *, at_once: int, lag: float, applied_after: float
    ) -> None:
        switches = HypatosSwitches(quota=0, applied_after=applied_after, listing_lag=lag)
        self.hypatos = HypatosSandbox(DOCUMENTS, SET, switches)
        self.zefort = ZefortSandbox(ZefortSwitches(index_lag=lag))
        self.books = Books(self.hypatos.store.demo)
        self.answers = 0
        """How many answers have gone out in this trial."""
        self._folder = folder
        self._settings = settings
        self._at_once = at_once
        self._trials = 0
        self.premature: list[str] = []
        """What contracts lacked when the source was told about their documents."""
        self.urls: dict[str, str] = {}
        self._fatal_answer = self._pid = 0

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Ground]:
        """Serve the sandboxes and start the server of victims."""
        doors = {"hypatos": _Door(self.hypatos, self), "zefort": _Door(self.zefort, self)}
        async with serve(cast("Any", doors)) as self.urls:
            for name, app in (("hypatos", self.hypatos), ("zefort", self.zefort)):
                secrets = {"base_url": self.urls[name], **app.credentials}
                self._settings |= {f"{name}_{key}".upper(): value for key, value in secrets.items()}
            program = Path(__file__).with_name("victim.py")
            self._victims = await asyncio.create_subprocess_exec(
                sys.executable, program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            try:
                yield self
            finally:
                cast("asyncio.StreamWriter", self._victims.stdin).close()
                await self._victims.wait()

    async def trial(
        self, tally: Tally, fatal: Sequence[int | str] = (), *, answer: int = 0, careless: bool = False
    ) -> list[Life]:
        """Start over, let processes die one after the other at their fatal points, then run until all is done.

        With `answer`, the first one is killed from outside when that answer is about to go out. Returns all lives,
        the first one first. What is found is added to the tally.
        """
        self.hypatos.reset()
        self.zefort.reset()
        self.premature.clear()
        self._trials += 1
        folder = self._folder / f"trial-{self._trials}"
        folder.mkdir(parents=True)
        self.answers, self._fatal_answer = 0, answer
        lives: list[Life] = []
        for point in (*(fatal or [0]), *[0] * RUNS):
            lives.append(await self._live(folder, point, careless=careless))
            self._fatal_answer = 0
            if lives[-1].complete:
                break
            await self._quiet()
        self._add(tally, f"point {answer or list(fatal)}", lives)
        shutil.rmtree(folder)
        return lives

    def _add(self, tally: Tally, where: str, lives: list[Life]) -> None:
        found = self.books.audit(self.hypatos.state(), self.zefort.state())
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

    async def _live(self, folder: Path, fatal: int | str, *, careless: bool) -> Life:
        order = {
            "folder": str(folder),
            "settings": self._settings,
            "fatal": fatal,
            "at_once": self._at_once,
            "careless": careless,
        }
        cast("asyncio.StreamWriter", self._victims.stdin).write(json.dumps(order).encode() + b"\n")
        told: dict[str, Any] = {}
        while "ended" not in told:
            told |= json.loads(await cast("asyncio.StreamReader", self._victims.stdout).readline())
            self._pid = told.get("pid", 0)
        self._pid = 0
        words = f"{told.get('stopped')} {told.get('notes')}"
        return Life(told["ended"], told.get("died"), told.get("complete", False), told.get("passed", []), words)

    async def _quiet(self) -> None:
        """Let requests of the dead come to their end: what was on the wire is acted upon, as it would be anywhere."""
        await asyncio.sleep(0.02)
        while self.hypatos.at_once or self.zefort.at_once:  # noqa: ASYNC110 -- the sandboxes offer a count, no event
            await asyncio.sleep(0.01)

    def answering(self) -> None:
        """Count an answer that is about to go out, and kill the process it is for if that is the one."""
        self.answers += 1
        if self.answers == self._fatal_answer and self._pid:
            os.kill(self._pid, signal.SIGKILL)

    def acknowledged(self, document_id: str) -> None:
        """Note what a document's contract lacks at the moment when the source is told about it."""
        self.premature += self.books.lacking(document_id, self.zefort.state())


class _Door:
    """Stands in front of a sandbox and sees what goes in and out."""

    def __init__(self, app: SandboxApp, ground: Ground) -> None:
        self._app = app
        self._ground = ground
        self.base_path = app.base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = scope["path"].split("/")
        if scope["method"] == "POST" and parts[:3] == ["", "v2", "documents"] and len(parts) > 4:
            self._ground.acknowledged(parts[3])

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._ground.answering()
            await send(message)

        with suppress(ConnectionResetError):  # the dead have hung up in the middle of an upload
            await self._app(scope, receive, sending)


@asynccontextmanager
async def grounds(
    folder: Path, *, lanes: int = 1, at_once: int = 2, lag: float = 0.0, settle: float = 0.0, applied_after: float = 0.0
) -> AsyncIterator[list[Ground]]:
    """Prepare grounds for trials that go on side by side. All times are in seconds.

    `lag`: how long new contracts stay out of lists. `settle`: how long a lost outcome waits for lists to show it.
    """
    waits = {"HYPATOS_SETTLE_SECONDS": settle, "ZEFORT_SETTLE_SECONDS": settle, "HYPATOS_VERIFY_WITHIN": 5.0}
    settings = {name: str(seconds) for name, seconds in waits.items()}
    settings["DOCFERRY_KEYS"] = Fernet.generate_key().decode()  # so that tokens are kept, and their commits die too
    async with AsyncExitStack() as stack:
        made = [
            Ground(folder / f"lane-{lane}", dict(settings), at_once=at_once, lag=lag, applied_after=applied_after)
            for lane in range(lanes)
        ]
        yield [await stack.enter_async_context(ground.ready()) for ground in made]


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
