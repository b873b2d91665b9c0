"""Sends a storm for every seed: which routes there are, on how many lanes, and what a sweep of seeds comes to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tests.flows.crossings.all import CROSSINGS
from tests.flows.crossings.mended import MendedToZefort
from tests.flows.crossings.shipped import SHIPPED
from tests.flows.crossings.zefort import ShippedToZefort
from tests.flows.killing import grounds
from tests.flows.lives import Tally
from tests.soak.databases import Database, database
from tests.soak.plan import INSIDE, OUTSIDE, Plan, drawn
from tests.soak.storm import Storm, Usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tests.flows.killing import Ground
    from tests.flows.victims import Victims

log = logging.getLogger(__name__)
ROUTES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {"hypatos_to_zefort": ShippedToZefort, **SHIPPED, "mended": MendedToZefort, **CROSSINGS}
)
DATABASES = ("sqlite", "postgresql")


@dataclass
class Season:
    """What many storms came to."""

    tally: Tally = field(default_factory=Tally)
    blows: Counter[str] = field(default_factory=Counter)
    bad: list[int] = field(default_factory=list)
    """The seeds for which something was found."""

    def __str__(self) -> str:
        tally = self.tally
        repeated = sum("feedback about" in one or "acknowledgement of" in one for one in tally.doubled)
        partial = sum(
            ", files" in one or ", parties" in one or "half seen" in one for one in (*tally.lost, *tally.wrong)
        )
        blows = ", ".join(f"{count} {kind}" for kind, count in sorted(self.blows.items()))
        return (
            f"dup {len(tally.doubled) - repeated}, missing {len(tally.lost)}, premature acks {len(tally.premature)}, "
            f"repeated acks {repeated}, partial {partial}, otherwise wrong {len(tally.wrong)}; {tally.trials} seeds, "
            f"{tally.kills} processes killed, at most {tally.most_runs} quiet runs; {blows}"
        )


async def season(folder: Path, victims: Victims, seeds: Iterable[int], *, clocks: bool, lanes: int = 3) -> Season:
    """Send a storm for every seed, on several lanes side by side."""
    found = Season()
    left = iter(seeds)
    kinds = [kind for kind in (*INSIDE, *OUTSIDE) if clocks or kind != "clock"]
    began = time.monotonic()

    async def lane(number: int) -> None:
        async with AsyncExitStack() as stack:
            opened: dict[str, tuple[Ground, Usual]] = {}
            databases: dict[str, Database] = {}
            for seed in left:
                plan = drawn(seed, tuple(ROUTES), DATABASES, kinds)
                if plan.route not in opened:
                    opened[plan.route] = await _opened(stack, folder / f"lane-{number}", plan.route, victims)
                if plan.database not in databases:
                    databases[plan.database] = await stack.enter_async_context(database(plan.database))
                ground, usual = opened[plan.route]
                storm, tally = Storm(ground, plan, usual, databases[plan.database]), Tally()
                begun = time.monotonic()
                await storm.blow(tally)
                log.info("%.1f s, %s, %s", time.monotonic() - begun, "clean" if tally.clean else "BAD", storm)
                found.tally.add(tally)
                found.blows.update(blow.kind for blow in storm.dealt)
                found.bad += [] if tally.clean else [seed]

    async with asyncio.TaskGroup() as group:
        for number in range(lanes):
            group.create_task(lane(number))
    found.tally.seconds = time.monotonic() - began
    return found


async def storm(folder: Path, victims: Victims, plan: Plan, spoilt: str) -> Tally:
    """Send one storm of which the plan is known."""
    async with AsyncExitStack() as stack:
        ground, usual = await _opened(stack, folder, plan.route, victims)
        there = await stack.enter_async_context(database(plan.database))
        await Storm(ground, plan, usual, there, spoilt).blow(tally := Tally())
    return tally


async def _opened(stack: AsyncExitStack, folder: Path, route: str, victims: Victims) -> tuple[Ground, Usual]:
    """Serve both ends of a route, and see what a run passes that nobody disturbs."""
    (ground,) = await stack.enter_async_context(grounds(folder / route.replace(" ", "-"), ROUTES[route], victims))
    (life,) = await ground.trial(tally := Tally())
    assert tally.clean, tally.everything
    return ground, Usual(life.passed, ground.answers)
