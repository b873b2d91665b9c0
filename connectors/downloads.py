"""What every source that streams files looks at before it passes one on."""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING

from connectors.errors import TransientError

if TYPE_CHECKING:
    from connectors.contract import Download, File


class Room:
    """How much one file may take of the disk on its way: half of what was free when it began.

    A body without an end must not take the place that the ledger needs, so that one document stops all.
    """

    def __init__(self) -> None:
        self._left = shutil.disk_usage(tempfile.gettempdir()).free // 2

    def take(self, chunk: bytes) -> bytes:
        """Return the chunk. Raises TransientError if there is no room for it."""
        self._left -= len(chunk)
        if self._left < 0:
            raise TransientError("the file has no end, or is larger than the disk has room for", arrived="no")
        return chunk


_NO_FILE = frozenset({"text/html", "application/json"})
"""What a proxy, a login screen or an error in disguise answers with in a file's place."""


def refuse_a_page(download: Download, file: File, connection: str, hint: str = "") -> None:
    """Raise TransientError if a web page or an error came instead of the file.

    A file that is known to be of that type passes, and so does one that comes with a name of its own.
    """
    if download.media_type in _NO_FILE and download.media_type != file.media_type and not download.name:
        more = f"; {hint}" if hint else ""
        raise TransientError(
            f"{connection} sent {download.media_type} instead of file {file.id}{more}",
            connection=connection,
            arrived="no",
        )
