"""What a source promises of documents that are old when something happens to them: no window hides them."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import GoneError
from tests.contract.levels import gold, silver

OLD = 10
"""Days: further back than any window reaches by itself."""


@gold
async def test_a_document_that_shows_up_late_is_listed_although_newer_ones_were_seen(small):
    async with small() as it:
        it.add(12)
        seen = await it.everything()
        late = it.add(days_ago=it.subject.late)
        assert set(late) <= set((await it.everything(seen.cursor)).ids)


@gold
async def test_a_document_that_becomes_ready_long_after_it_came_is_listed(small):
    async with small() as it:
        late, *_ = it.add(12, days_ago=OLD)
        it.subject.take_away(it.app, late)
        it.add(12)
        seen = await it.everything()
        seen = await it.everything(seen.cursor)
        it.subject.put_back(it.app, late)
        again = await it.everything(seen.cursor)
        assert late in again.ids
        assert (await it.source.fetch(late)).not_ready is None


@silver
async def test_an_edit_of_an_old_document_is_seen_in_the_next_sweep(small, source_subject):
    async with small(source_subject.sweeping) as it:
        old, *_ = it.add(12, days_ago=OLD)
        it.add(12)
        seen = await it.everything()
        it.subject.edit(it.app, old)
        again = await it.everything(seen.cursor)
        assert again.versions[old] != seen.versions[old]


@silver
async def test_a_listing_from_its_beginning_shows_again_whatever_is_old_and_known(small):
    async with small() as it:
        old = it.add(12, days_ago=OLD)
        it.add(3)
        seen = await it.everything()
        seen = await it.everything(seen.cursor)
        again = await it.everything(it.source.rewind(seen.cursor, None))
        assert set(old) <= set(again.ids)


@silver
async def test_a_listing_from_an_earlier_day_shows_what_came_in_since_then_and_what_is_new(small):
    async with small() as it:
        old = it.add(12, days_ago=OLD)
        it.add(3)
        seen = await it.everything()
        seen = await it.everything(seen.cursor)
        late = it.add(2)
        again = await it.everything(it.source.rewind(seen.cursor, datetime.now(UTC) - timedelta(days=2 * OLD)))
        assert set(old) | set(late) <= set(again.ids)


@gold
async def test_a_row_that_a_list_counts_and_does_not_show_is_looked_for_again(small):
    async with small() as it:
        hidden, *_ = it.add(12, days_ago=OLD)
        it.add(2)

        def without(answer):
            rows = it.subject.rows(answer)
            rows[:] = [row for row in rows if hidden not in row.values()]

        it.between.change_json(it.subject.listing, without)
        seen = await it.everything()
        it.heal()
        assert hidden in (await it.everything(seen.cursor)).ids


@silver
async def test_a_document_that_somebody_threw_away_is_not_exported(source):
    async with source() as it:
        (document_id,) = it.add()
        it.subject.throw_away(it.app, document_id)
        try:
            document = await it.source.fetch(document_id)
        except GoneError:
            return
        assert document.not_ready


@silver
@pytest.mark.parametrize("then", ["ready", "taken back"])
async def test_every_file_that_a_document_names_can_be_read(source, then):
    async with source() as it:
        (document_id,) = it.add()
        if then == "taken back":
            it.subject.take_away(it.app, document_id)
            if await it.held_back(document_id):
                return
        for file in (await it.source.fetch(document_id)).files:
            assert await it.bytes_of(file)
