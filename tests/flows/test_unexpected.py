"""A fault of docferry itself while a provider is read: it ends nothing but what it has met, and no run in a traceback."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from flows.engine import sync
from tests.flows.world import World, world


@dataclass
class Stumbling:
    """A source or destination that trips over what it was shown at one place, and does everything else."""

    whole: object
    over: str

    def __getattr__(self, name):
        if name == self.over:
            raise RecursionError("value of a document")
        return getattr(self.whole, name)


@asynccontextmanager
async def stumbling(it: World, end: str, over: str):
    async with it.opened() as opened:
        yield replace(opened, **{end: Stumbling(getattr(opened, end), over)})


async def test_a_listing_that_docferry_stumbles_over_ends_the_run_in_order_and_what_is_known_is_still_told(tmp_path):
    async with world(tmp_path) as it:
        async with stumbling(it, "source", "changes") as opened:
            report = await sync(opened, it.ledger, policy=it.policy)
        assert report.exit_code == 3
        assert "unexpected RecursionError" in report.stopped
        assert "value of a document" not in report.stopped
        assert report.adds_up
        await it.finish()
        assert len(it.contracts()) == len({key for key, one in it.documents().items() if one["state"] == "transferred"})


async def test_what_docferry_stumbles_over_at_the_far_end_stops_no_run(tmp_path):
    async with world(tmp_path) as it:
        await it.run()
        for over in ("outcome", "dropped"):
            async with stumbling(it, "destination", over) as opened:
                report = await sync(opened, it.ledger, policy=it.policy)
            assert (report.stopped, report.adds_up) == (None, True)
