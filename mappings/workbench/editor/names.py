"""The names under which definitions are kept: one for all places of the same content, without anything to be escaped."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mappings.workbench.editor.telling import values

if TYPE_CHECKING:
    from mappings.language.schema import Schema

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 60


class Names:
    """Gives every content a name of its own, the same one each time it is asked for."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def of(self, what: str, target: Schema, place: str) -> str:
        """Return the name of what stands at a place: by its values if it has some, such as target:review_done, else by the place."""
        content = json.dumps({**target.data, "description": ""}, sort_keys=True, default=str)
        if (what, content) not in self._names:
            wanted = "_".join(str(value) for value, _ in values(target)) or place
            first = name = f"{what}:{_UNSAFE.sub('_', wanted)[:_LONGEST]}"
            number = 1
            while name in self._names.values():
                number += 1
                name = f"{first}_{number}"
            self._names[what, content] = name
        return self._names[what, content]
