"""Tests, written `x is defined`; none takes an argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.values import is_number

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Test:
    """A test and a line of help."""

    run: Callable[[object], bool]
    help: str


TESTS: dict[str, Test] = {
    "boolean": Test(lambda value: isinstance(value, bool), "true or false"),
    "defined": Test(lambda value: value is not MISSING, "there, even if it is null"),
    "none": Test(lambda value: value is None, "there, and null"),
    "number": Test(is_number, "an exact number"),
    "string": Test(lambda value: isinstance(value, str), "text"),
    "undefined": Test(lambda value: value is MISSING, "not there"),
}
"""Every test, each also as `is not …`."""
