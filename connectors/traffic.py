"""What a connection says of the requests that go through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Traffic(Protocol):
    """The requests of one connection. `connectors.http.Api` is one."""

    @property
    def requests(self) -> int:
        """How many requests have left so far, those for tokens included."""
        ...

    @property
    def waited(self) -> float:
        """Seconds that requests have waited for their turn under a quota, or to be repeated, summed over requests."""
        ...

    @property
    def held(self) -> float:
        """Seconds of wall time during which requests have waited for their turn under a quota, however many at once."""
        ...

    @property
    def saturated(self) -> bool:
        """Whether as many requests wait as a quota lets out in a while: more work only waits too, here instead of elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class Unpaced:
    """The traffic of what has no quota, such as a disk or a database."""

    count: Callable[[], int]

    @property
    def requests(self) -> int:
        """How many requests have left so far."""
        return self.count()

    @property
    def waited(self) -> float:
        """Nothing waits."""
        return 0.0

    @property
    def held(self) -> float:
        """Nothing waits."""
        return 0.0

    @property
    def saturated(self) -> bool:
        """Nothing waits."""
        return False
