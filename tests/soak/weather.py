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
from tests.flows.crossings.zefort import ShippedToZefort
from tests.flows.killing import grounds
from tests.flows.lives import Tally
from tests.soak.plan import INSIDE, OUTSIDE, drawn
from tests.soak.storm import Storm, Usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tests.flows.killing import Ground
    from tests.flows.victims import Victims

log = logging.getLogger(__name__)
ROUTES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {"shipped to zefort": ShippedToZefort, "mended to zefort": MendedToZefort, **CROSSINGS}
)
DATABASES = ("sqlite",)


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


async def season(
    folder: Path, victims: Victims, seeds: Iterable[int], *, clocks: bool, lanes: int = 3, spoilt: str = ""
) -> Season:
    """Send a storm for every seed, on several lanes side by side."""
    found = Season()
    left = iter(seeds)
    kinds = [kind for kind in (*INSIDE, *OUTSIDE) if (clocks or kind != "clock") and kind not in ("pause", "stop")]
    began = time.monotonic()

    async def lane(number: int) -> None:
        async with AsyncExitStack() as stack:
            opened: dict[str, tuple[Ground, Usual]] = {}
            for seed in left:
                plan = drawn(seed, tuple(ROUTES), DATABASES, kinds)
                if plan.route not in opened:
                    opened[plan.route] = await _opened(stack, folder / f"lane-{number}", plan.route, victims)
                ground, usual = opened[plan.route]
                storm, tally = Storm(ground, plan, usual, spoilt), Tally()
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


async def _opened(stack: AsyncExitStack, folder: Path, route: str, victims: Victims) -> tuple[Ground, Usual]:
    """Serve both ends of a route, and see what a run passes that nobody disturbs."""
    (ground,) = await stack.enter_async_context(grounds(folder / route.replace(" ", "-"), ROUTES[route], victims))
    (life,) = await ground.trial(tally := Tally())
    assert tally.clean, tally.everything
    return ground, Usual(len(life.passed), ground.answers)
