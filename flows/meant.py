"""Which route was probably meant by a name that no file has: one between the same ends, by its name or by what it says."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from mappings.language import read_draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ADVICE = "if the file was renamed, give it this name back: under another one every document is new, and is delivered once more"
_BETWEEN = "_to_"
"""What stands between the two ends in the usual name of a route."""


def hint(name: str, names: Sequence[str], folder: Path) -> str:
    """Return a sentence about the route of this folder that was probably meant, with a space before it; "" if there is none."""
    alike = [known for known in difflib.get_close_matches(name, names, n=len(names) or 1) if _same_ends(name, known)]
    if alike:
        return f" Did you mean '{alike[0]}'?"
    for known in names if _BETWEEN in name else ():
        draft = read_draft(folder / f"{known}.yaml")
        ends = [end.partition(".")[0] for end in (draft.source, draft.destination)]
        if _BETWEEN.join(ends) == name:
            return f" '{known}' goes from {' to '.join(ends)}; {ADVICE}."
    return ""


def _same_ends(name: str, known: str) -> bool:
    """Say whether two names may mean the same ends, a slip of the hand or a part left out. Without two ends they may."""
    if _BETWEEN not in name or _BETWEEN not in known:
        return True
    return all(map(_alike, name.split(_BETWEEN, 1), known.split(_BETWEEN, 1)))


def _alike(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one) or bool(difflib.get_close_matches(one, [other]))
