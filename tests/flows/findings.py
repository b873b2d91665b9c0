"""What an audit has found: what is missing, what is there more than once, and what does not belong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class Findings:
    """What is not as it must be, in words. `lost`: missing. `doubled`: there more than once. `wrong`: anything else."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True if the books are in order."""
        return not (self.lost or self.doubled or self.wrong)

    def compare(self, what: str, wanted: Iterable[object], found: Iterable[object]) -> None:
        """Compare two collections, in which the same thing may stand more than once."""
        wanted, found = Counter(wanted), Counter(found)
        self.lost += [f"{what}: {one} is missing" for one in wanted - found]
        for one, count in (found - wanted).items():
            if one in wanted:
                self.doubled.append(f"{what}: {one} is there {count} times too often")
            else:
                self.wrong.append(f"{what}: {one} does not belong there")
