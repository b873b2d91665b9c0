"""What docferry remembers: rows, and nothing about providers or mappings."""

from __future__ import annotations

from state.errors import LeaseLostError, RouteBusyError, StateError
from state.ledger import Ledger
from state.records import Event, Owed, Remembered, RunRow, Step, Summary, Timeline, Told, Transfer
from state.run import RouteRun
from state.vault import Vault

__all__ = [
    "Event",
    "LeaseLostError",
    "Ledger",
    "Owed",
    "Remembered",
    "RouteBusyError",
    "RouteRun",
    "RunRow",
    "StateError",
    "Step",
    "Summary",
    "Timeline",
    "Told",
    "Transfer",
    "Vault",
]
