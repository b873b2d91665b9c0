"""Writes files as a whole or not at all, and a route file not over what somebody else has saved meanwhile."""

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
    write(place, mark + after.encode(), mode=place.stat().st_mode & 0o7777)


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file at once for all who read it: they see the old content or the new one.

    Raises OSError, which names the file; then it is as it was.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
