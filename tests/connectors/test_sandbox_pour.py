"""Large files that a sandbox makes while it sends them: what is told of them is what arrives."""

import hashlib
import io
import zipfile

import httpx
import pytest

from connectors.sandbox_faults import Fault
from connectors.sandbox_pour import Pour
from tests.connectors.sandbox_clients import hypatos


@pytest.mark.parametrize("size", [1, 9, 1 << 18, (1 << 18) + 1, 3_000_000])
@pytest.mark.parametrize("packed", ["", "größe.pdf"])
def test_length_and_digest_are_those_of_what_is_made(size, packed):
    told = []
    pour = Pour(size, lambda *sent: told.append(sent), packed)
    whole = b"".join(pour.pieces())
    assert len(whole) == pour.length
    if packed:
        with zipfile.ZipFile(io.BytesIO(whole)) as package:
            assert package.namelist() == [packed]
            whole = package.read(packed)
    assert told == [(size, hashlib.sha256(whole).hexdigest())]
    assert whole[:5] == b"%PDF-"[:size]


def test_no_piece_is_large_and_none_comes_twice():
    pieces = list(Pour(5_000_000, lambda *_: None).pieces())
    assert max(map(len, pieces)) <= 1 << 18
    assert len(set(pieces)) == len(pieces)


async def download(app, client):
    record = next(one for one in app.store.records.values() if one.state == "done")
    return await client.get(f"/files/{app.store.files(record)[0].id}")


async def test_a_switch_makes_every_original_large_and_the_state_tells_its_digest():
    async with hypatos(file_size=2_000_000) as (app, client):
        content = (await download(app, client)).content
        assert len(content) == 2_000_000
        assert app.state()["requests"]["poured"] == [[2_000_000, hashlib.sha256(content).hexdigest()]]


async def test_a_large_file_can_be_cut_and_does_not_count_as_sent():
    async with hypatos(file_size=2_000_000, faults=[Fault("cut", "GET", "/files/*")]) as (app, client):
        with pytest.raises(httpx.RemoteProtocolError):
            await download(app, client)
        assert app.poured == []
