"""What one of several runs found out about the listing is what the others report, too."""

import asyncio
import shutil
from pathlib import Path

import pytest

import mappings
from flows.engine import sync
from tests.flows.world import ROUTE, heal, strike, world

pytestmark = pytest.mark.usefixtures("any_ledger")

HELPED = "another run of the route has read the source; this one carried what was due"
LACKS = "does not show all of its list"


def shared(folder):
    """Lay out the shipped route, for several runs."""
    shutil.copytree(Path(mappings.__file__).parent / "tables", folder / "tables")
    text = (Path(mappings.__file__).parent / f"{ROUTE}.yaml").read_text()
    (folder / f"{ROUTE}.yaml").write_text(f"{text}\nruns: shared\n")
    return folder


def hide(it):
    """Have the list state seven documents and show none."""
    body = '{"data": [], "totalCount": 7, "limit": 50, "offset": 0}'
    return strike(it.hypatos, "status", "GET", "/documents", status=200, body=body)


async def both(it):
    """Have one run read the list to its end while another has begun and waits; return both reports."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def after_the_other(name, work, /):
        if name == "collect":
            begun.set()
            await over.wait()
        return await work()

    async with it.opened() as opened:
        helping = asyncio.create_task(sync(opened, it.ledger, policy=it.policy, phase=after_the_other))
        await begun.wait()
        reader = await it.run()
        over.set()
        helper = await helping
    assert HELPED in helper.notes
    assert HELPED not in reader.notes
    return reader, helper


async def test_a_run_that_did_not_read_a_list_that_hides_documents_has_the_readers_doubt(tmp_path):
    async with world(tmp_path, 4, routes=shared(tmp_path / "routes")) as it:
        hide(it)
        reader, helper = await both(it)
        assert (reader.complete, helper.complete) == (False, False)
        (words,) = [note for note in reader.notes if LACKS in note]
        assert words in helper.notes


async def test_a_run_that_did_not_read_a_list_that_shows_everything_is_complete(tmp_path):
    async with world(tmp_path, 4, routes=shared(tmp_path / "routes")) as it:
        reader, helper = await both(it)
        assert (reader.complete, helper.complete) == (True, True)
        assert not any(LACKS in note for note in (*reader.notes, *helper.notes))


async def test_a_doubt_of_an_earlier_reading_is_not_held_against_a_later_one(tmp_path):
    async with world(tmp_path, 4, routes=shared(tmp_path / "routes")) as it:
        hide(it)
        await both(it)
        heal(it.hypatos)
        reader, helper = await both(it)
        assert (reader.complete, helper.complete) == (True, True)


async def test_no_run_ends_on_a_doubt_that_the_next_reading_settles(tmp_path):
    async with world(tmp_path, 4, routes=shared(tmp_path / "routes")) as it:
        hide(it).times = 1
        it.hypatos.switches.latency = 0.3  # so that the list is not read to its end before the other run has begun
        reports = await asyncio.gather(it.run(), it.run())
        assert [report.complete for report in reports] == [True, True]
        assert not any(LACKS in note for report in reports for note in report.notes)
