"""What can go wrong with the ledger, each as one sentence that says what to do next."""

from __future__ import annotations


class StateError(Exception):
    """The ledger cannot be read or written. The message is one sentence for a person and carries no row's content."""


class SettingError(StateError):
    """DOCFERRY_STATE_URL or DOCFERRY_KEYS is wrong: correct the setting."""


class RouteBusyError(StateError):
    """Another living run owns the route: leave at once, it is doing the work."""


class LeaseLostError(StateError):
    """Another run has taken the route over. Nothing of the write that raised this was kept; stop this run."""
