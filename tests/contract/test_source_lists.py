"""What a source promises of its listings: whoever is there and stays there is seen, whatever the list does meanwhile."""

import asyncio
import copy
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.answers import MOMENT, every_object, restamp
from tests.contract.levels import bronze, gold, platinum, silver

MANY = 35
"""More documents than three small pages hold."""
OLD = 10
"""Days: further back than a second reading looks, so the first one has to be whole."""


@bronze
async def test_every_ready_document_is_listed_and_can_be_read(small):
    async with small() as it:
        ids = it.add(MANY)
        seen = await it.everything()
        assert set(ids) == set(seen.ids)
        assert {(await it.source.fetch(one)).not_ready for one in ids[:3]} == {None}


@bronze
async def test_an_empty_list_is_no_error(source):
    async with source() as it:
        seen = await it.everything()
        assert (seen.ids, seen.total or 0) == ([], 0)


@silver
async def test_what_came_after_a_listing_is_in_the_next(small):
    async with small() as it:
        it.add(MANY)
        seen = await it.everything()
        late = it.add(3)
        assert set(late) <= set((await it.everything(seen.cursor)).ids)


@silver
async def test_documents_of_one_instant_are_all_listed_however_late_they_come(small):
    async with small() as it:
        moment = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        it.between.change_json(it.subject.listing, lambda answer: restamp(it.subject.rows(answer), moment))
        ids = it.add(MANY)
        seen = await it.everything()
        late = it.add(2)
        again = await it.everything(seen.cursor)
        assert set(ids) | set(late) == set(seen.ids) | set(again.ids)


@silver
async def test_reading_from_the_cursor_again_repeats_the_same_versions(small):
    async with small() as it:
        it.add(MANY)
        seen = await it.everything()
        again = await it.everything(seen.cursor)
        assert again.versions.items() <= seen.versions.items()


@silver
@pytest.mark.parametrize("ages", [(0, 0), (OLD, 3 * OLD), (3 * OLD, OLD)], ids=["new", "older-last", "older-first"])
async def test_a_reading_that_was_broken_off_loses_nothing(small, ages):
    async with small() as it:
        ids = [one for days_ago in ages for one in it.add(MANY // 2, days_ago=days_ago)]
        cursor, seen = None, set()
        async for page in it.source.changes(None):
            seen |= {change.document_id for change in page.changes}
            cursor = page.cursor or cursor
            break
        assert set(ids) == seen | set((await it.everything(cursor)).ids)


@silver
async def test_an_edited_document_shows_another_version_in_the_next_listing(source):
    async with source() as it:
        (document_id,) = it.add()
        seen = await it.everything()
        before = (await it.source.fetch(document_id)).version
        await asyncio.sleep(0.002)  # a hint may be an instant, and two edits may not share one
        it.subject.edit(it.app, document_id)
        again = await it.everything(seen.cursor)
        assert again.versions[document_id] != seen.versions[document_id]
        assert (await it.source.fetch(document_id)).version != before


@gold
@pytest.mark.parametrize("items", [4, "all"])
@pytest.mark.parametrize("days_ago", [0, OLD])
async def test_a_list_that_shrinks_while_it_is_read_hides_nobody(small, items, days_ago):
    async with small(drift="leave", drift_items=items) as it:
        ids = it.add(MANY, days_ago=days_ago) + it.add(2)
        assert set(ids) <= set((await it.everything()).ids)


@gold
async def test_a_list_that_grows_while_it_is_read_hides_nobody(small):
    async with small(drift="enter", drift_items=5, drift_most=20) as it:
        ids = it.add(MANY)
        assert set(ids) <= set((await it.everything()).ids)


@platinum
async def test_a_list_that_is_shuffled_while_it_is_read_hides_nobody(small):
    async with small(drift="reorder", drift_most=4) as it:
        ids = it.add(MANY, days_ago=OLD) + it.add(2)
        assert set(ids) <= set((await it.everything()).ids)


@gold
async def test_documents_taken_back_to_work_while_the_list_is_read_hide_nobody_else(small):
    async with small() as it:
        ids = it.add(MANY)
        seen = set()
        async for page in it.source.changes(None):
            seen |= {change.document_id for change in page.changes}
            if len(seen) < 15:
                it.subject.take_away(it.app, page.changes[0].document_id)
        assert set(ids) == seen


@silver
@pytest.mark.parametrize(
    "switch",
    [{"short_pages": True}, {"total": "page"}, {"total": "omitted"}, {"short_pages": True, "total": "omitted"}],
    ids=str,
)
async def test_short_pages_and_missing_totals_end_no_listing_early(small, switch):
    async with small(**switch) as it:
        ids = it.add(MANY)
        assert set(ids) == set((await it.listing()).ids)


@gold
@pytest.mark.parametrize("switch", [{}, {"short_pages": True}], ids=str)
async def test_a_total_that_claims_less_than_there_is_ends_no_listing_early(small, switch):
    async with small(total="low", **switch) as it:
        ids = it.add(MANY)
        assert set(ids) == set((await it.listing()).ids)


@gold
async def test_a_page_that_comes_twice_hides_nobody(small):
    async with small(repeat_page=2) as it:
        ids = it.add(MANY)
        assert set(ids) == set((await it.everything()).ids)


@silver
async def test_rows_that_come_twice_hide_nobody_and_have_one_version_each(small):
    async with small() as it:
        # The ledger takes a document twice on one page, so a source may list it so; two versions of it would be a change.

        def again(answer):
            rows = it.subject.rows(answer)
            rows += copy.deepcopy(rows)

        it.between.change_json(it.subject.listing, again)
        ids = it.add(MANY)
        seen = await it.everything()
        assert set(ids) == set(seen.ids)
        assert len({(change.document_id, change.version) for change in seen.changes}) == MANY


@gold
async def test_a_server_that_shows_the_same_page_for_ever_is_not_read_for_ever(small):
    async with small() as it:
        first = []

        def same(exchange):
            first.append(exchange.answer)
            exchange.answer = first[0]

        it.between.change(it.subject.listing, same)
        it.add(MANY)
        async with asyncio.timeout(10):
            assert (await it.listing()).ids
        assert len(first) < 60


@silver
async def test_a_state_nobody_knows_stops_no_listing_and_is_not_exported(small):
    async with small() as it:
        ids = it.add(12)
        novel = {it.subject.state: "quarantined"}

        def quarantine(answer):
            for row in it.subject.rows(answer):
                row.update(novel if ids[0] in row.values() else {})

        it.between.change_json(it.subject.listing, quarantine)
        it.between.change_json(it.subject.reading, lambda answer: answer.update(novel))
        assert set(ids[1:]) <= set((await it.everything()).ids)
        assert await it.held_back(ids[0])


@silver
async def test_fields_nobody_knows_are_tolerated_everywhere(small):
    async with small() as it:
        ids = it.add(12)
        for endpoint in (it.subject.listing, it.subject.reading):
            it.between.change_json(endpoint, lambda answer: every_object(answer, lambda one: one.update(NOVEL)))
        assert set(ids) == set((await it.everything()).ids)
        assert (await it.source.fetch(ids[0])).not_ready is None


NOVEL = {"riskRadar": {"score": 0.25, "flags": [None]}, "risk_radar": None, "": 1}


@silver
@pytest.mark.parametrize("how", ["null", "absent"])
async def test_fields_that_are_null_or_absent_are_tolerated_everywhere(small, how):
    async with small() as it:
        ids = it.add(12)

        def thin(row):
            for name in set(row) - it.subject.needed:
                row[name] = None
                if how == "absent":
                    del row[name]

        it.between.change_json(it.subject.listing, lambda answer: [thin(row) for row in it.subject.rows(answer)])
        it.between.change_json(it.subject.reading, thin)
        assert set(ids) == set((await it.everything()).ids)
        assert (await it.source.fetch(ids[0])).id == ids[0]


@silver
@pytest.mark.parametrize("how", ["null", "absent"])
async def test_any_one_field_may_be_null_or_absent(source, how):
    async with source() as it:
        (document_id,) = it.add()
        names, missing = set(), set()

        def thin(row):
            names.update(set(row) - it.subject.needed)
            for name in missing & set(row):
                row[name] = None
                if how == "absent":
                    del row[name]

        it.between.change_json(it.subject.reading, thin)
        await it.source.fetch(document_id)
        for name in sorted(names):
            missing.clear()
            missing.add(name)
            assert (await it.source.fetch(document_id)).id == document_id, name


@silver
@pytest.mark.parametrize(
    "moment", ["2026-05-01T08:00:00", "2026-05-01", "1.5.2026", "", "0000-00-00T00:00:00Z", 0, None]
)
async def test_dates_that_are_naive_odd_or_missing_stop_no_listing(small, moment):
    async with small() as it:
        ids = it.add(12)
        but = it.subject.empty_tells
        it.between.change_json(it.subject.listing, lambda answer: restamp(it.subject.rows(answer), moment, but))
        seen = await it.everything()
        assert set(ids) == set(seen.ids)
        it.between.changes.clear()
        assert set(it.add(2)) <= set((await it.everything(seen.cursor)).ids)


@gold
@pytest.mark.parametrize("days", [-400, 2, 30])
async def test_a_server_whose_clock_is_wrong_hides_nothing_that_comes_later(small, days):
    async with small() as it:
        it.add(12)
        wrong = (datetime.now(UTC) + timedelta(days=days)).strftime(MOMENT)
        it.between.change_json(it.subject.listing, lambda answer: restamp(it.subject.rows(answer), wrong))
        seen = await it.everything()
        it.between.changes.clear()
        assert set(it.add(2)) <= set((await it.everything(seen.cursor)).ids)


@gold
async def test_a_token_that_runs_out_in_mid_listing_goes_unnoticed(small):
    async with small() as it:
        ids = it.add(MANY)
        fault = it.strike("status", it.subject.listing, status=401, nth=2)
        assert set(ids) == set((await it.listing()).ids)
        assert fault.struck


@gold
@pytest.mark.parametrize("kind", ["cut", "garbled", "html", "drop"])
async def test_a_broken_page_is_asked_for_again(small, kind):
    async with small() as it:
        ids = it.add(MANY)
        fault = it.strike(kind, it.subject.listing, nth=2)
        assert set(ids) == set((await it.listing()).ids)
        assert fault.struck
