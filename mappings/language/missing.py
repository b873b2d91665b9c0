"""The one value that JSON does not have: what a path yields when nothing is there. Null is `None`, this is not."""

from __future__ import annotations

from typing import Final, final


@final
class Missing:
    """The type of MISSING; it counts as false and equals only itself."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""What a path yields when nothing is there; kept apart from null everywhere."""
