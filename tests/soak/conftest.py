"""The server of processes for storms: their wall clock can be set, where libfaketime is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.flows.victims import Victims

PLACES = ("/usr/lib", "/usr/local/lib")


def library() -> Path | None:
    """Find libfaketime: of the Python package that brings it, or of the system."""
    package = importlib.util.find_spec("libfaketime")
    places = [Path(str(package.origin)).parent] if package else []
    found = (path for place in (*places, *map(Path, PLACES)) for path in place.rglob("libfaketime.so.1"))
    return next(found, None)


@pytest.fixture(scope="session")
def clocks():
    """Say whether clocks can be set."""
    return library() is not None


@pytest.fixture(scope="session")
def victims():
    """Start one server for all tests."""
    there = library()
    surroundings = {"LD_PRELOAD": str(there), "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1", "FAKETIME": "-0"}
    with Victims(surroundings if there else None) as server:
        yield server
