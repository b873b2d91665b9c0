"""What hostile mappings meet in the tests: a document of extremes, and a limit of time."""

import gc
import time
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

LIMIT = 1.0
"""Seconds of CPU time that anything hostile may take: a fifth of one on an idle machine, and what it is to stop takes minutes."""

T = TypeVar("T")


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


DOCUMENT: dict[str, object] = {
    "id": "d1",
    "text": "a" * 50_000,
    "huge_text": "a" * 5_000_000,
    "big": ["a" * 10_000] * 20,
    "long": [0] * 100_000,
    "object": {f"k{number}": number for number in range(100_000)},
    "items": [{"n": number, "t": "x"} for number in range(1_000)],
    "nines": 10**30 - 1,
    "huge_int": 10**100_000,
    "tiny": Decimal("1e-999999"),
    "exponent": Decimal("1e999999999999"),
    "nan": Decimal("NaN"),
    "snan": Decimal("sNaN"),
    "infinity": Decimal("Infinity"),
    "float": 1e308,
    "fn": len,
    "cls": str,
    "n": 1,
    "deep": nested(100_000),
    "other": nested(100_000),
}


def in_time(run: Callable[[], T]) -> T:
    """Run something hostile, and see that it ends in time: a bomb takes minutes, a busy machine only one try."""
    taken = 0.0
    for _ in range(3):
        gc.disable()
        started = time.thread_time()
        try:
            result = run()
        finally:
            taken = time.thread_time() - started
            gc.enable()
        if taken < LIMIT:
            return result
        if taken > 10 * LIMIT:
            break
    raise AssertionError(f"it took {taken:.3f} s")
