"""Sources that are no work queue: what our own feedback changes there brings nothing back, and one look is not believed."""

import pytest

from tests.flows.pairs import pair
from tests.flows.world import heal, strike

BAD = """
source: zefort.contracts
destination: hypatos.documents
when: status in ['done', 'review']
fields:
  title: { from: attributes.nothing_of_the_kind, required: true }
feedback:
  rejected: { note: "not taken: {{ reason }}" }
"""
MAPPED = """
source: zefort.contracts
destination: documine.files
files: main
fields:
  name: { template: "{{ id }} {{ tags | join(' ') }} {{ notes | length }}" }
feedback:
  delivered: { tag: sent on, note: "sent as {{ external_id }}" }
"""
SKIPS = """
source: zefort.contracts
destination: documine.files
files: main
fields:
  name: { template: "{{ id }}" }
"""
FOLLOWED = """
source: zefort.contracts
destination: hypatos.documents
files: main
fields:
  title: { template: "{{ id }}" }
feedback:
  delivered: { note: "sent as {{ external_id }}" }
  withdrawn: { note: "refused there: {{ reason }}" }
"""

IMPOSSIBLE = """
source: zefort.contracts
destination: documine.files
files: main
fields:
  name: { template: "{{ id }}" }
feedback:
  delivered: { status: done }
"""


@pytest.fixture(autouse=True)
def sweeping(monkeypatch):
    """Let every run look at everything, so that whatever comes back is seen."""
    monkeypatch.setenv("ZEFORT_SWEEP_HOURS", "0")


def notes(it):
    return [len(one["notes"]) for one in it.source.state()["contracts"].values()]


async def test_a_rejection_is_noted_once_however_often_its_note_shows_as_a_change(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "zefort", "hypatos", BAD) as it:
        before = sum(notes(it))
        rejected = (await it.run()).rejected
        assert rejected >= 3
        for _ in range(3):
            again = await it.run()
            assert again.rejected == 0
        assert sum(notes(it)) == before + rejected


async def test_what_we_wrote_there_is_not_mapped_again(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "zefort", "documine", MAPPED) as it:
        before = sum(notes(it))
        delivered = await it.finish()
        for _ in range(2):
            again = await it.run()
            assert (again.delivered, again.updated) == (0, 0)
        assert sum(notes(it)) == before + delivered


async def test_a_contract_that_was_in_the_trash_when_it_was_first_seen_is_carried_once_restored(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "zefort", "documine", SKIPS) as it:
        contracts = it.source.state()["contracts"]
        key = next(
            key for key, one in contracts.items() if one["status"] == "done" and not one["trashed"] and one["files"]
        )
        it.source.act({"trash": key})
        delivered = await it.finish()
        await it.run()
        it.source.act({"restore": key})
        assert await it.finish() == 1
        it.arrived_once(delivered + 1)


async def test_what_was_withdrawn_stays_so_when_the_source_drops_it_and_is_told_once(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "zefort", "hypatos", FOLLOWED) as it:
        assert await it.finish() >= 3
        contracts = it.source.state()["contracts"]
        key, note = next((key, one["notes"][-1]) for key, one in contracts.items() if one["notes"])
        sent = note.removeprefix("docferry: ").removeprefix("sent as ")
        it.destination.act({"advance": 600})  # its own work on the document is over
        it.destination.act({"status": sent, "state": "rejected"})
        assert (await it.look_again(sent)).withdrawn == 1
        for happens in ("trash", "restore"):
            it.source.act({happens: key})
            assert [(await it.run()).withdrawn, (await it.look_again(sent)).withdrawn] == [0, 0]
        told = it.source.state()["contracts"][key]["notes"]
        assert sum("refused there" in one for one in told) == 1
        assert sum("sent as" in one for one in told) == 1


async def refused_everywhere(it):
    """Carry contracts that all lack a mandatory attribute, so that none takes its new status; return how many."""
    it.source.switches.mandatory = ["cost_centre"]
    for contract in it.source.store.contracts.values():
        contract.attributes.pop("cost_centre", None)
        if contract.status == "done":
            contract.status = "review"
    first = await it.run()
    assert first.refused_feedback == first.delivered > 0
    return first.delivered


async def test_what_the_source_refused_is_said_in_every_run_and_told_once_the_route_is_mended(tmp_path, monkeypatch):
    monkeypatch.setenv("ZEFORT_SWEEP_HOURS", "6")  # no listing shows the contracts again
    async with pair(tmp_path, monkeypatch, "zefort", "documine", IMPOSSIBLE) as it:
        delivered = await refused_everywhere(it)
        again = await it.run()
        assert (again.refused_feedback, again.acknowledged, again.owed_feedback) == (delivered, 0, 0)
        (tmp_path / "routes" / "pair.yaml").write_text(IMPOSSIBLE.replace("status: done", "tag: sent on"))
        mended = await it.run()
        assert (mended.acknowledged, mended.refused_feedback, mended.owed_feedback) == (delivered, 0, 0)
        assert sum("sent on" in one["tags"] for one in it.source.state()["contracts"].values()) == delivered
        assert (await it.run()).acknowledged == 0


async def test_a_route_that_was_changed_and_is_still_refused_asks_once_and_not_in_every_run(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "zefort", "documine", IMPOSSIBLE) as it:
        delivered = await refused_everywhere(it)
        (tmp_path / "routes" / "pair.yaml").write_text(IMPOSSIBLE.replace('"{{ id }}"', '"{{ id }}.pdf"'))
        before = it.source.requests.total()
        assert (await it.run()).refused_feedback == delivered
        asked = it.source.requests.total() - before
        before = it.source.requests.total()
        assert (await it.run()).refused_feedback == delivered
        assert it.source.requests.total() - before < asked


async def test_a_contract_that_went_away_before_it_was_told_is_said_once_and_left_alone(tmp_path, monkeypatch):
    async with pair(
        tmp_path, monkeypatch, "zefort", "documine", IMPOSSIBLE.replace("status: done", "note: sent")
    ) as it:
        strike(it.source, "status", "POST", "/contracts/*/notes/", status=404)
        first = await it.run()
        assert first.refused_feedback > 0
        heal(it.source)
        again = await it.run()
        assert (again.refused_feedback, again.acknowledged, again.exit_code) == (0, 0, 0)
