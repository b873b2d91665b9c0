"""Writes a route file as a whole or not at all, and not over what somebody else has saved meanwhile."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_MARK = b"\xef\xbb\xbf"


class ChangedError(ValueError):
    """The file is no longer what it was when it was read; nothing was written."""


def save(path: Path, before: str, after: str) -> None:
    """Put `after` in place of `before`, at once for all who read the file; a byte order mark and rights stay.

    Raises ChangedError and OSError; then the file is as it was.
    """
    place = path.resolve()  # a link stays a link
    content = place.read_bytes()
    mark = _MARK if content.startswith(_MARK) else b""
    if content.removeprefix(mark) != before.encode():
        raise ChangedError(f"{path} was changed while its tests ran; nothing was written, run the command again")
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(mark + after.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(place.stat().st_mode & 0o7777)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
