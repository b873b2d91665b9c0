"""The shipped route from Hypatos to Zefort, which has books of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from tests.flows.books import Books

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.flows.findings import Findings

DOCUMENTS, SET = 15, 320
"""Twelve of these fifteen documents are ready; a test says what they have to offer."""


class ShippedToZefort:
    """`hypatos_to_zefort` as it is shipped. `lag` is in seconds: how long new contracts stay out of lists."""

    route = "hypatos_to_zefort"
    source = "hypatos"
    on_disk = False

    def __init__(self, *, lag: float = 0.0, applied_after: float = 0.0) -> None:
        switches = HypatosSwitches(quota=0, applied_after=applied_after, listing_lag=lag)
        self.hypatos = HypatosSandbox(DOCUMENTS, SET, switches)
        self.zefort = ZefortSandbox(ZefortSwitches(index_lag=lag))
        self.apps = {"hypatos": self.hypatos, "zefort": self.zefort}
        self.books = Books(self.hypatos.store.demo)

    def begin(self, _folder: Path) -> dict[str, str]:
        """Start over with fresh accounts."""
        self.hypatos.reset()
        self.zefort.reset()
        return {}

    def before(self, _folder: Path) -> Sequence[dict[str, str]]:
        """Return nothing: no run comes before the one that is killed."""
        return ()

    def told(self) -> set[str]:
        """Return the documents about which Hypatos was told anything so far."""
        return {record.id for record in self.hypatos.store.records.values() if record.feedback}

    def lacking(self) -> dict[str, list[str]]:
        """Say by document what its contract does not show (yet)."""
        state = self.zefort.state()
        return {one: words for one in self.books.fates if (words := self.books.lacking(one, state))}

    def halves(self) -> list[str]:
        """Return nothing: a contract is made in many calls, and nobody is promised anything else."""
        return []

    def audit(self) -> Findings:
        """Compare what both accounts hold with what must be."""
        return self.books.audit(self.hypatos.state(), self.zefort.state())
