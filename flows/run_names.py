"""What runs and their artifacts are called on Prefect's page: the route, and the outcome or the part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flows.tally import Fate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flows.tally import Report

_SIGN = " · "
_TOLD = (Fate.DELIVERED, Fate.UPDATED, Fate.REJECTED, Fate.FAILED, Fate.HELD, Fate.WAITING)


def ended_name(report: Report) -> str:
    """Return the name of a run that has ended: `hypatos_to_zefort · 118 delivered, 12 rejected`. No reasons, no ids."""
    words = in_counts(report.counts())
    if report.dry_run:
        words = f"dry run: {words}"
    if report.interrupted:
        words = f"interrupted: {words}"
    elif report.stopped:
        words = f"stopped: {words}"
    return f"{report.route}{_SIGN}{words}"


def in_counts(counts: Mapping[str, int]) -> str:
    """Return what became of documents, by what is kept with a run: `118 delivered, 12 rejected`."""
    told = ", ".join(f"{count:,} {fate.value}" for fate in _TOLD if (count := counts.get(fate.value, 0)))
    return told or "nothing new"


def other_name(route: str, words: str) -> str:
    """Return the name of a run of which there is no report: `hypatos_to_zefort · skipped`."""
    return f"{route}{_SIGN}{words}"


def artifact_key(route: str, part: str) -> str:
    """Return the key of an artifact, which stays the same over all runs: lower-case letters, digits and dashes only."""
    return re.sub(r"[^a-z0-9]+", "-", f"{route}-{part}".lower()).strip("-")
