"""Files that nobody holds: their bytes are made, counted and hashed while they are sent."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = (1 << 31) - 1
"""Bytes. Beyond them a ZIP is written in another way, and its length would have to be told in another way too."""
_PIECE = 1 << 18
_START = b"%PDF-1.7\n"
_DATE = (2026, 5, 1, 8, 0, 0)


@dataclass(frozen=True, slots=True)
class Pour:
    """A file of `size` bytes (at most LARGEST) that look like noise, packed into a ZIP if `packed` names it there.

    `sent` is told the size and the SHA-256 of the bare file when its last piece is asked for.
    """

    size: int
    sent: Callable[[int, str], None]
    packed: str = ""

    @property
    def length(self) -> int:
        """How many bytes are sent in all."""
        return self.size + (sum(map(len, _zip(iter(()), self.packed))) if self.packed else 0)

    def pieces(self) -> Iterator[bytes]:
        """Make the bytes, the same each time, in pieces of at most 256 KiB and a little."""
        return _zip(self._bare(), self.packed) if self.packed else self._bare()

    def _bare(self) -> Iterator[bytes]:
        whole = hashlib.sha256()
        # Noise, since zeros would hide bytes that change places; a number in each piece, so that no two are the same.
        noise = hashlib.shake_256(b"poured").digest(_PIECE)
        made = 0
        while made < self.size:
            head = made.to_bytes(8) if made else _START
            piece = (head + noise[len(head) :])[: self.size - made]
            whole.update(piece)
            made += len(piece)
            if made == self.size:
                self.sent(self.size, whole.hexdigest())
            yield piece


class _Pipe(io.RawIOBase):
    """Takes what a ZIP is made of. It cannot go back, so sizes and check sums follow their file."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes | bytearray | memoryview) -> int:  # type: ignore[override] # typeshed's Buffer is newer than Python 3.11
        self.waiting.append(bytes(piece))
        return len(self.waiting[-1])

    def taken(self) -> Iterator[bytes]:
        while self.waiting:
            yield self.waiting.pop(0)


def _zip(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Pack without compressing: the length is known before, and the sandbox's own work does not slow the file down."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as package:
        with package.open(zipfile.ZipInfo(name, _DATE), "w") as entry:
            for piece in pieces:
                entry.write(piece)
                yield from pipe.taken()
        yield from pipe.taken()
    yield from pipe.taken()
