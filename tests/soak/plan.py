"""What a seed stands for: a route, how many workers, a database, and the blows that fall while they work."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INSIDE = ("kill", "pause", "clock", "full")
"""Blows that a process deals itself when it comes to a point (or, if the disk is to be full, to the end of its room) …"""
OUTSIDE = ("strike", "stop", "limit", "outage")
"""… and those that hit it from outside, when its provider has answered so many requests."""
CREWS = ((1, False), (4, False), (4, True))
"""How many workers there are, and whether they share the route or leave as long as another one runs it."""
MOST_BLOWS = 4


@dataclass(frozen=True)
class Blow:
    """One thing that goes wrong. `at` is when, as a part of what an undisturbed run passes.

    `kill`: a process kills itself. `strike`: it is killed from outside. `pause`, `stop`: the same for SIGSTOP, and it is
    woken when its lease has run out twice. `clock`: the wall clock jumps back by an hour, for this process and those
    that begin after it. `full`: the ledger's database may not grow any more. `limit`: no file may. `outage`: a provider
    is down. `restart`: the database server is.
    """

    kind: str
    at: float
    worker: int
    chance: float
    """Settles between 0 and 1 what else there is to choose, such as how long an outage lasts."""
    point: str = ""
    """The name of the point at which a process is to deal it itself, instead of `at`."""

    def __str__(self) -> str:
        return f"{self.kind} at {self.point or f'{self.at:.2f}'} for worker {self.worker} ({self.chance:.2f})"


@dataclass(frozen=True)
class Plan:
    """What one seed stands for."""

    seed: int
    route: str
    workers: int
    shared: bool
    database: str
    at_once: int
    blows: tuple[Blow, ...]

    def __str__(self) -> str:
        blows = ", ".join(map(str, self.blows))
        crew = f"{self.workers} worker{'s that share' if self.shared else 's' if self.workers > 1 else ''}"
        return f"seed {self.seed}: {self.route}, {crew} on {self.database}, {self.at_once} in flight; {blows or 'no blows'}"


def drawn(seed: int, routes: Sequence[str], databases: Sequence[str], kinds: Sequence[str]) -> Plan:
    """Draw a plan. Seeds that follow each other take turns at routes, then crews, then databases."""
    chance = random.Random(seed)
    turn, which = divmod(seed, len(routes))
    turn, crew = divmod(turn, len(CREWS))
    workers, shared = CREWS[crew]
    database = databases[turn % len(databases)]
    possible = [*kinds, *(["restart"] if database != "sqlite" else [])]
    possible = [kind for kind in possible if database == "sqlite" or kind not in ("full", "limit")]
    blows = [
        Blow(chance.choice(possible), chance.uniform(0.0, 1.05), chance.randrange(workers), chance.random())
        for _ in range(chance.randint(1, MOST_BLOWS))
    ]
    blows.sort(key=lambda blow: blow.at)
    return Plan(seed, routes[which], workers, shared, database, chance.choice((2, 8)), tuple(blows))
