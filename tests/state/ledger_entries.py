"""What the model of the ledger is made of: documents, messages and runs as they should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from state import Owed, RouteRun

DAY = timedelta(days=1)
SETTLED = ("delivered", "confirmed", "rejected", "failed")

documents = st.sampled_from("abcd")
versions = st.sampled_from("12")
pages = st.lists(st.tuples(documents, versions), max_size=4)
picks = st.integers(0, 1_000_000)


@dataclass(eq=False)
class Run:
    """One run as the model has it, with what it works on: documents with the version they were claimed at, and messages."""

    real: RouteRun
    context: AbstractAsyncContextManager[RouteRun]
    began: int
    flying: dict[str, str] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)
    telling: dict[tuple[str, int], Owed] = field(default_factory=dict)


@dataclass
class Message:
    """One message to the source as the model has it. `at` is when it was answered, on the model's clock."""

    outcome: str
    answer: str | None = None
    due: bool = True
    at: int = 0


@dataclass
class Entry:
    """One document as the model has it."""

    version: str
    status: str = "pending"
    due: bool = True
    attempts: int = 0
    external_id: str | None = None
    follow: bool = False
    judged: int | None = None  # the mapping, if it was rejected for its data
    tried: int | None = None
    steps: dict[str, str | None] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)

    def reopen(self, version: str | None = None) -> None:
        """Make it pending and due."""
        self.version = self.version if version is None else version
        self.status, self.due, self.attempts = "pending", True, 0

    def relistable(self, began: int) -> bool:
        """Tell whether being listed again by a run that began then means that it is wanted again."""
        closed = all(message.answer for message in self.messages)
        last = self.messages[-1] if self.messages else None
        return self.status in SETTLED and closed and last is not None and last.answer == "told" and last.at < began
