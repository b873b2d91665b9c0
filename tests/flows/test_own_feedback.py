"""Sources that are no work queue: what our own feedback changes there brings nothing back, and one look is not believed."""

import pytest

from tests.flows.pairs import pair

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
