"""What may be forgotten is: everything prunable goes, everything is listed again, and a ledger moves; nothing is there twice."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox_faults import Fault
from state import Vault
from state.care import Care
from tests.flows.pairs import pair
from tests.flows.test_pairs import PAIRS, route
from tests.ledgers import ELSEWHERE, KEY, KINDS, address, rows

QUICKLY = {("hypatos", "zefort"), ("zefort", "hypatos"), ("contractfit", "documine"), ("documine", "contractfit")}
"""Every source and every destination once; `make soak` has all pairs."""
EACH = [pytest.param(*names, id="-".join(names), marks=() if names in QUICKLY else pytest.mark.soak) for names in PAIRS]


def care(url):
    return Care(url, vault=Vault([KEY]))


async def forget(it):
    """Drop all that may be dropped; return how many rows went."""
    before = datetime.now(UTC) + timedelta(days=1)
    *_, done = [one async for one in care(it.url).prune(before=before, route=None, dry_run=False)]
    return done.events + done.messages + done.steps


def list_again(it):
    """Have every listing begin anew and show each document as changed, and nothing count as sent."""
    rows(it.url, "DELETE FROM cursor")
    rows(it.url, "UPDATE transfer SET version = 'another', payload_digest = NULL")


@pytest.mark.parametrize(("source", "destination"), EACH)
async def test_everything_prunable_is_pruned_and_everything_is_listed_again_without_a_double(
    tmp_path, monkeypatch, source, destination
):
    async with pair(tmp_path, monkeypatch, source, destination, route(source, destination)) as it:
        delivered = await it.finish()
        forgotten = await forget(it)
        assert forgotten >= delivered
        list_again(it)
        report = await it.run()
        assert (report.delivered, report.rejected, report.failed) == (0, 0, 0)
        await forget(it)
        # What a person wants again goes out again: as an update of what is there.
        wanted = ("delivered", "confirmed")
        await it.ledger.retry("pair", document_ids=None, statuses=wanted, at=datetime.now(UTC), note="")
        report = await it.run()
        assert report.updated >= 1
        assert report.delivered == 0
        it.arrived_once(delivered)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("source", "destination"), [("hypatos", "zefort"), ("zefort", "documine")])
async def test_a_run_goes_on_in_the_other_database_with_nothing_lost_or_doubled(
    tmp_path, monkeypatch, source, destination, kind
):
    (tmp_path / "first").mkdir()
    other = next(one for one in KINDS if one != kind)
    with address(kind, tmp_path / "first") as first, address(other, tmp_path) as second:
        monkeypatch.setenv(ELSEWHERE, first)
        async with pair(tmp_path, monkeypatch, source, destination, route(source, destination)) as it:
            await it.use(first, vault=Vault([KEY]))
            # Answers are lost, so that the ledger moves with calls of which nobody knows whether they took effect.
            it.destination.shared.faults.append(Fault("act_then_drop", "POST", "*", every=2, times=4))
            it.source.shared.faults.append(Fault("act_then_drop", "POST", "*", every=2, times=2))
            before = (await it.run()).delivered
            file = tmp_path / "moving"
            exported = await care(first).export(file, lambda *_: None)
            imported = await care(second).import_(file, lambda *_: None, replace=False)
            counts = {name: count for name, count in exported.rows.items() if name != "lease"}
            assert counts == {name: count for name, count in imported.rows.items() if name != "lease"}
            (looked_for,) = rows(first, "SELECT count(*) FROM transfer WHERE external_id IS NULL")[0]
            noted = {"memory": 1, "step": looked_for}  # that the ledger may be older than what was done last
            for name, count in counts.items():
                assert rows(second, f"SELECT count(*) FROM {name}") == [(count + noted.get(name, 0),)]
            await it.use(second, vault=Vault([KEY]))
            delivered = before + await it.finish()
            it.arrived_once(delivered)
            # And back again, where the documents are known as well.
            await care(second).export(file, lambda *_: None)
            await care(first).import_(file, lambda *_: None, replace=True)
            await it.use(first, vault=Vault([KEY]))
            list_again(it)
            assert (await it.run()).delivered == 0
            it.arrived_once(delivered)


async def test_a_ledger_that_forgets_the_steps_of_deliveries_is_found_out(tmp_path, monkeypatch):
    """The test above can fail."""
    async with pair(tmp_path, monkeypatch, "zefort", "hypatos", route("zefort", "hypatos")) as it:
        delivered = await it.finish()
        rows(it.url, "DELETE FROM step")
        list_again(it)
        await it.run()
        await it.ledger.retry(
            "pair", document_ids=None, statuses=("delivered", "confirmed"), at=datetime.now(UTC), note=""
        )
        await it.run()
        with pytest.raises(AssertionError):
            it.arrived_once(delivered)
