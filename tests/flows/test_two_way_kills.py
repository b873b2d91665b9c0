"""One half of a pair of routes is really killed, at one point after the other; run again, both sides are the same, once."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter

import pytest
from cryptography.fernet import Fernet

from connectors.sandbox import serve
from tests.flows.twins import AB, BA, ExampleSide, ZefortSide, settings_of, write_routes
from tests.soak_table import seeds, shown

PATIENCE = 0.2
SIDES = {"example": (ExampleSide, ExampleSide), "zefort and example": (ZefortSide, ExampleSide)}
REST = 6
"""How many runs of both routes may follow a killed one until nothing is left to do."""


class Ground:
    """Two accounts that start over with each trial, and the processes that carry between them."""

    def __init__(self, victims, folder, sides):
        self._victims, self._folder, self._sides = victims, folder, sides
        self.left = self.right = None

    async def trial(self, route, fatal):
        """Let a run of a route die at a point, in the middle of edits on both sides; return its life and what is wrong."""
        folder = self._folder / "trial"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.left, self.right = (side() for side in self._sides)
        async with serve({"left": self.left.app, "right": self.right.app}) as urls:
            routes = write_routes(folder, self.left, self.right, ("conflict: hold",) * 2, ("", ""))
            settings = settings_of({"left": self.left, "right": self.right}, urls)
            settings |= {"DOCFERRY_MAPPINGS": str(routes), "DOCFERRY_KEYS": Fernet.generate_key().decode()}
            self._order = {"folder": str(folder), "settings": settings, "disk": False, "at_once": 2}
            for title in ("edited left", "edited right"):
                self.left.add(title, 1)
            await self._live(AB)
            await self._live(BA)
            copies = {values[0]: id_ for id_, values in self.right.shown().items()}
            born = {values[0]: id_ for id_, values in self.left.shown().items()}
            self.left.edit(born["edited left"], amount=2)
            self.right.edit(copies["edited right"], amount=3)
            self.left.add("new left", 4)
            self.right.add("new right", 5)
            life = await self._live(route, fatal)
            return life, [
                f"{route}, point {fatal} ({life.died}): {words}" for words in await self._settled(life, route)
            ]

    async def _settled(self, life, route):
        if life.failed:
            return [f"ended with {life.ended}: {life.words}"]
        wanted = Counter({("edited left", 2): 1, ("edited right", 3): 1, ("new left", 4): 1, ("new right", 5): 1})
        first, second = (
            (BA, AB) if route == AB else (AB, BA)
        )  # the other route comes first: it must not mistake anything
        for _ in range(REST):
            await asyncio.sleep(PATIENCE)
            before = self._writes()
            lives = [await self._live(first), await self._live(second)]
            if failed := [one for one in lives if one.failed]:
                return [f"a later run ended with {failed[0].ended}: {failed[0].words}"]
            if self._writes() == before and all(one.complete for one in lives):
                there = [Counter(side.shown().values()) for side in (self.left, self.right)]
                return [f"left {there[0]}, right {there[1]}"] if there != [wanted, wanted] else []
        return [f"not at rest after {REST} runs of both: {lives}"]

    def _writes(self):
        return self.left.writes(), self.right.writes()

    async def _live(self, route, fatal=0):
        order = {"route": route, "fatal": fatal, "spoilt": "", "lost": "", "patience": PATIENCE}
        return await self._victims.live(self._order | order)


async def killed(victims, folder, name, trials, seed):
    """Kill both routes at `trials` points each that `seed` draws; return how many died and what is wrong."""
    ground, wrong, kills = Ground(victims, folder, SIDES[name]), [], 0
    for route in (AB, BA):
        whole, found = await ground.trial(route, 0)
        assert whole.passed, whole
        assert found == [], found
        chance = random.Random(f"{seed} {route}")
        for point in sorted(chance.sample(range(1, len(whole.passed) + 1), min(trials, len(whole.passed)))):
            life, found = await ground.trial(route, point)
            kills += life.killed
            wrong += found
    return kills, wrong


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SIDES)
async def test_a_killed_half_of_a_pair_leaves_no_second_document_and_loses_no_edit(soak_line, tmp_path, victims, name):
    for seed in seeds(1):
        kills, wrong = await killed(victims, tmp_path, name, 4, seed)
        soak_line(f"two-way routes, {name}, killed", f"{kills} kills, {len(wrong)} wrong", seed)
        assert wrong == []
        assert kills


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SIDES)
async def test_wherever_a_half_of_a_pair_is_killed_nothing_is_doubled_or_lost(soak_line, tmp_path, victims, name):
    drawn, kills, wrong = seeds(3), 0, []
    for seed in drawn:
        died, found = await killed(victims, tmp_path, name, 30, seed)
        kills, wrong = kills + died, wrong + [f"SOAK_SEED={seed}: {words}" for words in found]
    soak_line(f"two-way routes, {name}, killed", f"{kills} kills, {len(wrong)} wrong", shown(drawn))
    assert wrong == []
    assert kills
