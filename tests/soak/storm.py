"""Carries out a plan: workers run a route, blows fall, and once it is quiet again the books are audited."""

from __future__ import annotations

import asyncio
import math
import re
import resource
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import mappings
from connectors.sandbox_faults import Fault
from tests.flows.killing import RUNS
from tests.soak.plan import INSIDE, Blow

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from tests.flows.killing import Ground
    from tests.flows.lives import Life, Tally
    from tests.flows.victims import Living
    from tests.soak.databases import Database
    from tests.soak.plan import Plan

LEASE = 1.0
"""Seconds."""
TAKEN_OVER = 10.0
"""Seconds that somebody else has for it before the one that was stopped is woken all the same."""
LONGEST = 20.0
"""Seconds after which no worker begins another run."""
MOST_LIVES = 8
"""How often a worker begins to run the route."""
AN_HOUR_AGO = "-3600"
_CHANGING = re.compile(r"POST|PUT|PATCH|DELETE|replace|commit to dwh")


@dataclass
class Usual:
    """What a run passes that nobody disturbs."""

    points: Sequence[str]
    answers: int

    def point(self, blow: Blow) -> int | str:
        """Say at which point a blow falls: at any, or at one of those around what changes something, which are few."""
        if blow.point:
            return blow.point
        numbers = range(1, len(self.points) + 1)
        changing = [number for number in numbers if _CHANGING.search(self.points[number - 1])]
        some = changing if blow.chance < 0.5 and changing else numbers
        place = int(blow.at * len(some))
        return some[place] if place < len(some) else len(self.points) + place - len(some)


@dataclass
class Storm:
    """One trial."""

    ground: Ground
    plan: Plan
    usual: Usual
    database: Database
    spoilt: str = ""
    dealt: list[Blow] = field(default_factory=list)
    """The blows that have fallen."""
    _left: int = 0
    """How often a process left because another one had the route."""
    _lives: list[Life] = field(default_factory=list)
    _living: dict[int, Living] = field(default_factory=dict)
    _outside: list[tuple[int, Blow]] = field(default_factory=list)
    _later: set[asyncio.Task[None]] = field(default_factory=set)
    _faults: list[tuple[list[Fault], Fault]] = field(default_factory=list)
    _clock: str = "-0"
    _began: float = 0.0

    async def blow(self, tally: Tally) -> None:
        """Let everything happen, then run quietly until all is done, and add what is found to the tally."""
        with self.database.fresh() as settings:
            await self.ground.begin(settings)
            if self.plan.shared:
                self._share()
            await self._rage()
            await self.ground.quiet()
            halves = self.ground.world.halves()
            quiet: list[Life] = []
            while len(quiet) < RUNS and not (quiet and quiet[-1].complete):
                quiet.append(await self.ground.victims.live(self._order()))
                await self.ground.quiet()
        self.ground.judge(tally, f"{self.plan}", [*self._lives, *quiet], halves)
        tally.most_runs = len(quiet)

    async def _rage(self) -> None:
        self._began = time.monotonic()
        self._outside = [
            (math.ceil(blow.at * self.usual.answers), blow) for blow in self.plan.blows if blow.kind not in INSIDE
        ]
        self.ground.answering = self._answered
        async with asyncio.TaskGroup() as group:
            for worker in range(self.plan.workers):
                group.create_task(self._work(worker))
        self.ground.answering = lambda _number: None
        for faults, fault in self._faults:
            faults.remove(fault)
        while self._later:
            await asyncio.gather(*self._later)

    def _share(self) -> None:
        """Have runs share the route of this trial."""
        settings, folder = self.ground.settings, self.ground.folder / "shared"
        shipped = Path(cast("str", mappings.__file__)).parent
        shutil.copytree(settings.get("DOCFERRY_MAPPINGS", shipped), folder, ignore=shutil.ignore_patterns("*.py"))
        with (folder / f"{self.ground.world.route}.yaml").open("a", encoding="utf-8") as route:
            route.write("\nruns: shared\n")
        settings["DOCFERRY_MAPPINGS"] = str(folder)

    def __str__(self) -> str:
        return f"{self.plan}; {len(self._lives)} lives, {self._left} left at once"

    # Workers

    async def _work(self, worker: int) -> None:
        """Run the route again and again until nothing is left to fall on this worker and a run was complete."""
        inside = [blow for blow in self.plan.blows if blow.kind in INSIDE and blow.worker == worker]
        lives = 0
        while lives < MOST_LIVES and time.monotonic() < self._began + LONGEST:
            blow = inside[0] if inside else None
            living = self._living[worker] = await self.ground.victims.begin(self._order(blow))
            watching = asyncio.create_task(self._watch(living))
            life = await living.over()
            watching.cancel()
            if life.busy:
                self._left += 1
                await asyncio.sleep(0.3)
                continue
            lives += 1
            self._lives.append(life)
            self.dealt += inside[:1]
            del inside[:1]
            if life.complete and not inside:
                return

    def _order(self, blow: Blow | None = None) -> dict[str, object]:
        order = self.ground.order(at_once=self.plan.at_once, spoilt=self.spoilt, lease=LEASE, clock=self._clock)
        if blow is None:
            return order
        point = self.usual.point(blow)
        if blow.kind == "full":
            return order | {"pages": int(blow.chance * 30)}
        if blow.kind == "clock":
            self._clock = AN_HOUR_AGO
        return order | {"kill": {"fatal": point}, "pause": {"stop": point}, "clock": {"set_back": point}}[blow.kind]

    async def _watch(self, living: Living) -> None:
        """Wake a process that was stopped once its lease has run out twice, and somebody else has taken over if he can."""
        await asyncio.wrap_future(living.stopped)
        relief = self._keep(self._work(len(self._living)))
        await asyncio.sleep(2 * LEASE)
        await asyncio.wait([relief], timeout=TAKEN_OVER)  # it may hold what the other one waits for
        living.send(signal.SIGCONT)

    def _keep(self, what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have something done beside, and wait for it before it is quiet again."""
        task = asyncio.create_task(what)
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return task

    # Blows from outside

    def _answered(self, number: int) -> None:
        while self._outside and self._outside[0][0] <= number:
            _, blow = self._outside.pop(0)
            self.dealt.append(blow)
            living = self._living.get(blow.worker)
            if blow.kind == "outage":
                self._outage(blow)
            elif blow.kind == "restart":
                self._keep(self.database.restart(blow.chance * 0.5))
            elif living is not None and blow.kind == "limit":
                self._limit(blow, living)
            elif living is not None and not (
                blow.kind == "stop" and living.stopped.done()
            ):  # once: nobody would wake it
                number_ = signal.SIGKILL if blow.kind == "strike" else signal.SIGSTOP
                asyncio.get_running_loop().call_later(blow.chance * 0.03, living.send, number_)

    def _outage(self, blow: Blow) -> None:
        """Take one of the providers down for a while, in one of the ways in which they go down."""
        apps = list(self.ground.world.apps.values())
        kinds = (
            Fault("status", status=503, headers={"retry-after": "0"}), Fault("status", status=503, act=True),
            Fault("drop"), Fault("act_then_drop"), Fault("act_then_drop", probability=0.3, seed=self.plan.seed),
            Fault("cut", probability=0.5, seed=self.plan.seed),
        )  # fmt: skip
        place = int(blow.chance * 1e6)
        faults, fault = apps[place % len(apps)].shared.faults, kinds[place // 7 % len(kinds)]
        faults.append(fault)
        self._faults.append((faults, fault))

        def over() -> None:
            if (faults, fault) in self._faults:
                self._faults.remove((faults, fault))
                faults.remove(fault)

        asyncio.get_running_loop().call_later(0.1 + blow.chance, over)

    def _limit(self, blow: Blow, living: Living) -> None:
        """Let no file of a process grow much beyond what the ledger's log has now, as on a disk that is full."""
        written = max(_size(self.ground.folder / ".docferry" / f"state.db{end}") for end in ("", "-wal"))
        room = written + int(blow.chance * 20_000)
        with suppress(ProcessLookupError):
            resource.prlimit(living.born.result(), resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
