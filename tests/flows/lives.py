"""The lives of the processes that are killed, and the tally of what was found after them."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Life:
    """One run of a process. `ended` is its exit code; `died` is the point at which it killed itself."""

    ended: int
    died: str | None = None
    complete: bool = False
    passed: list[str] = field(default_factory=list)
    words: str = ""
    busy: bool = False
    """It left because another run had the route."""

    @property
    def killed(self) -> bool:
        """True if SIGKILL ended it, whoever sent it."""
        return self.ended == -signal.SIGKILL

    @property
    def failed(self) -> bool:
        """True if it ended in any other way than by itself or by SIGKILL: an exception, or an alarm because it hung."""
        return not self.killed and self.ended != 0


@dataclass
class Tally:
    """What a sweep has found, over all its trials."""

    points: int = 0
    trials: int = 0
    kills: int = 0
    most_runs: int = 0
    known: set[str] = field(default_factory=set)
    """The kinds of points there are …"""
    met: set[str] = field(default_factory=set)
    """… and those at which a process has died."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    premature: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """True if nothing was found."""
        return not (self.lost or self.doubled or self.premature or self.wrong)

    def add(self, other: Tally) -> None:
        """Add what was found elsewhere."""
        self.trials += other.trials
        self.kills += other.kills
        self.most_runs = max(self.most_runs, other.most_runs)
        self.met |= other.met
        self.lost += other.lost
        self.doubled += other.doubled
        self.premature += other.premature
        self.wrong += other.wrong

    def __str__(self) -> str:
        return (
            f"{self.points} points, {self.trials} trials, {self.kills} processes killed, "
            f"all done after at most {self.most_runs} more; "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.premature)} acknowledged too early, "
            f"{len(self.wrong)} otherwise wrong; {self.seconds:.0f} s"
        )

    @property
    def everything(self) -> str:
        """The findings in full, for a failed assertion."""
        return "\n".join([str(self), *self.lost, *self.doubled, *self.premature, *self.wrong])
