"""Undoes how an answer is packed, piece by piece, and notices one that ends before its end: an intact frame does not show that."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

PACKED: Final = frozenset({"gzip", "deflate"})
"""The codings that can be undone."""
_GZIP: Final = zlib.MAX_WBITS | 16
_BEGINS: Final = b"\x1f"
"""The first byte of a part in gzip, of which there may be several."""
_PIECE: Final = 2**18
"""Bytes that are unpacked at a time: a few packed ones may stand for a thousand times as many."""


async def unpacked(packed: AsyncIterable[bytes], coding: str) -> AsyncIterator[bytes]:
    """Yield what is in a body that is packed with gzip or deflate. Raises httpx.DecodingError if it is garbled or not whole."""
    part = None
    try:
        async for chunk in packed:
            rest, piece = chunk, b""
            while rest or len(piece) == _PIECE:
                if part is None:
                    part = zlib.decompressobj(_GZIP if coding == "gzip" else _deflated(rest))
                elif part.eof:
                    if coding != "gzip" or not rest.startswith(_BEGINS):
                        break  # padding
                    part = zlib.decompressobj(_GZIP)
                piece = part.decompress(rest, _PIECE)
                if piece:
                    yield piece
                rest = part.unused_data if part.eof else part.unconsumed_tail
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
    if part is not None and not part.eof:
        raise httpx.DecodingError("it ends before its end")


def _deflated(begin: bytes) -> int:
    """Return how deflate is framed: some servers leave out the frame."""
    return zlib.MAX_WBITS if begin[0] & 15 == zlib.DEFLATED else -zlib.MAX_WBITS
