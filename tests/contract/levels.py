"""How promises are marked with their level, and how the marks are found."""

from __future__ import annotations

import pytest


def bronze(test):
    """Mark what makes a connector usable at all."""
    return pytest.mark.promise("bronze")(test)


def silver(test):
    """Mark what keeps documents whole and errors honest."""
    return pytest.mark.promise("silver")(test)


def gold(test):
    """Mark what holds when providers misbehave: nothing lost, nothing doubled."""
    return pytest.mark.promise("gold")(test)


def platinum(test):
    """Mark what holds when everything goes wrong at once, within bounded means."""
    return pytest.mark.promise("platinum")(test)
