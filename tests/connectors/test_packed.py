"""A packed answer is unpacked whole, whatever pieces it comes in, or not at all."""

import asyncio
import gzip
import zlib
from functools import partial

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.packed import unpacked


def raw(content):
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(content) + packing.flush()


PACKING = {"gzip": partial(gzip.compress, mtime=0), "deflate": zlib.compress, "deflate without a frame": raw}


def read(body, coding, size):
    async def pieces():
        for at in range(0, len(body), size):
            yield body[at : at + size]

    async def everything():
        return [piece async for piece in unpacked(pieces(), coding.split()[0])]

    return asyncio.run(everything())


@given(st.sampled_from(sorted(PACKING)), st.binary(max_size=3000), st.integers(1, 4000), st.data())
def test_what_was_packed_comes_out_whole_or_is_an_error(coding, content, size, data):
    body = PACKING[coding](content)
    assert b"".join(read(body, coding, size)) == content
    cut = body[: data.draw(st.integers(1, len(body) - 1))]
    with pytest.raises(httpx.DecodingError):
        read(cut, coding, size)


@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.integers(1, 400), st.sampled_from([b"", b"\0\0\n"])
)
def test_gzip_may_come_in_parts_and_be_padded(parts, size, padding):
    body = b"".join(gzip.compress(part, mtime=0) for part in parts) + padding
    assert b"".join(read(body, "gzip", size)) == b"".join(parts)


@pytest.mark.parametrize("coding", PACKING)
@pytest.mark.parametrize("length", [2**18 - 1, 2**18, 2**18 + 1, 50_000_000])
def test_a_little_that_stands_for_much_comes_in_pieces(coding, length):
    got = read(PACKING[coding](b" " * length), coding, 2**14)
    assert sum(map(len, got)) == length
    assert max(map(len, got)) <= 2**18


def test_nothing_is_nothing_packed():
    assert read(b"", "gzip", 1) == []


@pytest.mark.parametrize(
    "body", [b"{}", gzip.compress(b"a", mtime=0) + b"\x1fno", gzip.compress(b"{}", mtime=0)[:-8] + b"12345678"]
)
def test_what_is_not_packed_is_an_error(body):
    with pytest.raises(httpx.DecodingError):
        read(body, "gzip", 5)
