"""How long messages to the source were on their way: a histogram of fixed size, from which quantiles are read."""

from __future__ import annotations

import math
from array import array

_SHORTEST, _LONGEST = 0.001, 1e8
"""Seconds, a millisecond to three years: what lies outside counts as the nearest of them."""
_RATIO = 1.05
"""How much wider each bucket is than the one before. A quantile is told as its bucket's middle, so it is off by 2.5 % at most."""
_BUCKETS = math.ceil(math.log(_LONGEST / _SHORTEST, _RATIO)) + 1


class Lags:
    """Counts waiting times in buckets that grow by 5 % each. Takes the same 4 KiB for one message and for a million."""

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * _BUCKETS))
        self._count = 0

    def add(self, seconds: float) -> None:
        """Count one waiting time."""
        within = min(max(seconds, _SHORTEST), _LONGEST)
        self._counts[math.floor(math.log(within / _SHORTEST, _RATIO))] += 1
        self._count += 1

    def quantile(self, part: float) -> float | None:
        """Return the waiting time in seconds that `part` (0 to 1) of all messages did not exceed; None if there were none."""
        wanted, passed = max(1, math.ceil(part * self._count)), 0
        for number, count in enumerate(self._counts):
            passed += count
            if count and passed >= wanted:
                return _SHORTEST * math.pow(_RATIO, number + 0.5)
        return None
