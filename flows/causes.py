"""Which reasons have the same cause: sentences that differ only in the ids of what they are about."""

from __future__ import annotations

import re

from flows.redact import REQUEST

_ID = re.compile(
    r"""\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b         # a UUID
      | \b[0-9a-fA-F]{24,}\b                                   # an object id, a digest
      | \b[a-z]{1,8}_(?=[\w-]*[0-9A-Z])[\w-]+                   # ct_8h3kX: no field's name has digits or capitals
      | (?<=['"])(?=[^\s'"]*[0-8])[\w.:/-]+(?=['"])             # quoted, one word; only nines are a value's shape
    """,
    re.VERBOSE,
)
_SEGMENT = re.compile(r"(?<=/)(?!v\d+/)[^/\s]*\d[^/\s]*")
"""A part of a request's path with a digit in it, except the version of the interface."""


def cause(reason: str) -> str:
    """Return a reason with every id in it replaced by "…": equal for reasons that have the same cause."""
    in_paths = REQUEST.sub(lambda request: _SEGMENT.sub("…", request.group()), reason)
    return _ID.sub("…", in_paths)
