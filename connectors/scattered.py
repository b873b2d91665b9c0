"""Tells refusals that a lower rate makes fewer from those that it does not: of a provider that sheds whatever comes, by chance.

Where a quota refuses, half the rate is refused far less or not at all. Where the refused part stays as it was although the rate
fell, the rate is not what it depends on, and going ever slower would end in standing still.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ROUND: Final = 32
"""Answers that are counted before they are compared with as many others."""
MANY: Final = 0.15
"""The part that is refused, at least: what a rate finds out about a quota, alone or beside others, costs less."""
IN_A_ROW: Final = 12
"""More refusals one after the other than that are no chance: the quota of this minute, or day, is used up."""
FEW: Final = 0.5
"""Of the runs of refusals that chance makes; fewer come together, so that it is not by chance."""
LOWER: Final = 0.7
"""A rate that has fallen to that part of itself …"""
HELPS: Final = 0.75
"""… and is still refused more than that part of what was refused before, was no help."""
FALL: Final = 0.25
"""To what part of itself a rate may fall in one round."""
BY_CHANCE: Final = 3
"""So many refusals in a row are nothing unusual."""
SURE: Final = 2
"""Rounds after one another that are unlike the others until refusals are held to depend on the rate after all."""
SMOOTH: Final = 4
"""Over how many rounds what is usual is averaged."""


@dataclass(frozen=True, slots=True)
class _Round:
    rate: float
    refused: float


class Scattered:
    """Counts answers in rounds. `stands` is whether refusals are scattered, and a rate is not to be lowered for them."""

    def __init__(self) -> None:
        self.stands = False
        self._before: _Round | None = None
        self._odd = 0
        self._begin(0.0)

    def _begin(self, rate: float) -> None:
        self._rate, self._answers, self._refused, self._runs = rate, 0, 0, 0
        self._in_a_row = 0

    @property
    def least(self) -> float:
        """To what a rate may fall in this round, as long as refusals may be by chance: at a very low one the next takes for ever."""
        return FALL * self._rate if self._answers and self._in_a_row <= BY_CHANCE else 0.0

    def take(self, rate: float, in_a_row: int) -> float | None:
        """Take in an answer at this rate; `in_a_row` refusals ended with it, 0 if it was accepted. Return a rate to go back to."""
        if not self._answers:
            self._begin(rate)
        self._answers += 1
        self._in_a_row = in_a_row
        self._refused += in_a_row > 0
        self._runs += in_a_row == 1
        if in_a_row > IN_A_ROW:
            self._give_up()
            return None
        if self._answers < ROUND:
            return None
        # By chance there are, on average, so many runs of refusals as each is followed by an answer that is none.
        if self._runs < FEW * self._refused * (1 - self._refused / ROUND):
            self._give_up()
            return None
        return self._conclude()

    def _give_up(self) -> None:
        self.stands, self._before, self._answers = False, None, 0

    def _conclude(self) -> float | None:
        before, this = self._before, _Round(self._rate, self._refused / ROUND)
        self._answers = 0
        if self.stands and before is not None:
            return self._go_on(before, this)
        self._before = this
        if before is None or min(before.refused, this.refused) < MANY:
            return None
        self.stands = this.refused > HELPS * before.refused and this.rate <= LOWER * before.rate
        if self.stands:
            self._before, self._odd = _Round(before.rate, (before.refused + this.refused) / 2), 0
        return before.rate if self.stands else None

    def _go_on(self, before: _Round, this: _Round) -> float | None:
        """Compare with what is usual while the rate grows: more that is refused, or none at all, is not by chance."""
        odd = 1 - this.refused < HELPS * (1 - before.refused) or this.refused < MANY
        self._odd = self._odd + 1 if odd else 0
        if self._odd < SURE:
            if not odd:
                self._before = _Round(this.rate, before.refused + (this.refused - before.refused) / SMOOTH)
            return None
        self.stands, self._before = False, None
        return before.rate
