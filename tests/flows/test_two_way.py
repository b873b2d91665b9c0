"""Pairs of routes: nothing goes round in circles, no edit is overwritten in silence, and a conflict ends as the rule says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from state.records import SETTLED
from tests.flows.twins import AB, BA, PAIRS, ExampleSide, ZefortSide, broken_off, edited_behind, twins
from tests.postgres import throw_away_schema

each_pair = pytest.mark.parametrize(("left", "right"), PAIRS)


def waiting_at():
    """Return an instant for what a person does."""
    return datetime.now(UTC)


@each_pair
async def test_what_one_route_has_made_is_no_news_to_the_other(tmp_path, monkeypatch, left, right):
    async with twins(tmp_path, monkeypatch, left(), right()) as it:
        it.left.add("of the left", 1)
        it.right.add("of the right", 2)

        reports = await it.rest()

        assert sum(one.delivered for one in reports) == 2
        assert sum(one.updated for one in reports) == 0
        assert sorted(it.left.shown().values()) == sorted(it.right.shown().values())
        assert len(it.left.shown()) == 2
        before = it.left.writes(), it.right.writes()
        quiet = [await it.run(AB), await it.run(BA), await it.run(AB)]
        assert (it.left.writes(), it.right.writes()) == before
        assert all(one.complete and one.unchanged == one.listed for one in quiet)


@each_pair
async def test_an_edit_reaches_the_other_side_whichever_it_was_made_on(tmp_path, monkeypatch, left, right):
    async with twins(tmp_path, monkeypatch, left(), right()) as it:
        born = it.left.add("first", 1)
        await it.rest()
        (copy,) = it.right.shown()

        it.right.edit(copy, title="by the right")
        await it.rest()
        assert it.left.shown() == {born: ("by the right", 1)}

        it.left.edit(born, amount=7)
        reports = await it.rest()
        assert it.right.shown() == {copy: ("by the right", 7)}
        assert sum(one.updated for one in reports) == 1
        assert sum(one.conflicts for one in reports) == 0
        assert it.left.files(born) == ["paper.pdf"]
        assert len(it.right.files(copy)) == 1


@each_pair
async def test_where_the_source_wins_the_side_that_made_the_document_does_on_both_routes(
    tmp_path, monkeypatch, left, right
):
    for first in (AB, BA):
        folder = tmp_path / first
        folder.mkdir()
        async with twins(folder, monkeypatch, left(), right()) as it:
            born = it.left.add("first", 1)
            await it.rest()
            (copy,) = it.right.shown()

            it.left.edit(born, title="of the left")
            it.right.edit(copy, title="of the right", amount=9)
            reports = [await it.run(first), *await it.rest()]

            assert it.left.shown() == {born: ("of the left", 1)}
            assert it.right.shown() == {copy: ("of the left", 1)}
            assert sum(one.conflicts for one in reports) == 1
            for route, document_id in ((AB, born), (BA, copy)):
                (told,) = await it.conflicts(route, document_id)
                assert "source wins" in told
                assert "left." in told


@pytest.mark.parametrize("winner", ["left", "right"])
async def test_where_the_newest_wins_the_later_edit_is_carried(tmp_path, monkeypatch, winner):
    pair = "conflict: newest wins, changed_at: last_modified"
    async with twins(tmp_path, monkeypatch, ZefortSide(), ZefortSide(), pair) as it:
        born = it.left.add("first", 1)
        await it.rest()
        (copy,) = it.right.shown()

        edits = [lambda: it.left.edit(born, title="of the left"), lambda: it.right.edit(copy, title="of the right")]
        for edit in edits if winner == "right" else reversed(edits):
            edit()
            it.left.app.clock.advance(5)
            it.right.app.clock.advance(5)
        reports = await it.rest()

        assert {*it.left.shown().values(), *it.right.shown().values()} == {(f"of the {winner}", 1)}
        assert sum(one.conflicts for one in reports) == 1


@each_pair
async def test_a_conflict_that_nobody_may_settle_is_held_until_a_person_keeps_one_side(
    tmp_path, monkeypatch, left, right
):
    for number, keeps in enumerate((AB, BA)):
        folder = tmp_path / keeps
        folder.mkdir()
        async with twins(folder, monkeypatch, left(), right(), "conflict: hold") as it:
            born = it.left.add("first", 1)
            await it.rest()
            (copy,) = it.right.shown()

            it.left.edit(born, title="of the left")
            it.right.edit(copy, title="of the right")
            held = await it.run((AB, BA)[number])
            assert (held.held, held.conflicts, held.exit_code) == (1, 1, 1)
            await it.run(AB)
            await it.run(BA)
            assert it.left.shown() == {born: ("of the left", 1)}
            assert it.right.shown() == {copy: ("of the right", 1)}
            for route, document_id in ((AB, born), (BA, copy)):
                assert (await it.ledger.summary(route)).statuses == {"held": 1}
                (waiting,) = await it.ledger.rejects(route, 9)
                assert waiting.reason_class == "conflict"
                assert f"docferry retry {AB} {born}" in waiting.reason
                assert await it.ledger.retry(route, document_ids=None, at=waiting_at(), note="all") == 0
                assert len(await it.conflicts(route, document_id)) == 1

            kept = {AB: born, BA: copy}[keeps]
            assert await it.ledger.retry(
                keeps, document_ids=[kept], statuses=SETTLED, at=waiting_at(), note="docferry retry"
            )
            await it.rest()
            word = "left" if keeps == AB else "right"
            assert {*it.left.shown().values(), *it.right.shown().values()} == {(f"of the {word}", 1)}
            assert any("a person has decided" in told for told in await it.conflicts(keeps, kept))
            assert (await it.ledger.summary(AB)).reason_classes == (await it.ledger.summary(BA)).reason_classes == {}


@each_pair
async def test_a_held_document_whose_sides_a_person_has_made_the_same_is_held_no_more(
    tmp_path, monkeypatch, left, right
):
    async with twins(tmp_path, monkeypatch, left(), right(), "conflict: hold") as it:
        born = it.left.add("first", 1)
        await it.rest()
        (copy,) = it.right.shown()
        it.left.edit(born, title="of the left")
        it.right.edit(copy, title="of the right")
        await it.run(AB)
        await it.run(BA)
        writes = it.left.writes(), it.right.writes()

        it.right.edit(copy, title="of the left")
        await it.rest()

        assert (it.left.writes(), it.right.writes()) == writes
        assert "held" not in (await it.ledger.summary(AB)).statuses | (await it.ledger.summary(BA)).statuses
        it.right.edit(copy, title="once more")
        await it.rest()
        assert it.left.shown() == {born: ("once more", 1)}


@each_pair
async def test_an_edit_between_a_delivery_and_the_look_at_it_is_carried_back(tmp_path, monkeypatch, left, right):
    async with twins(tmp_path, monkeypatch, left(), right()) as it:
        born = it.left.add("first", 1)
        await it.run(
            AB, lambda opened: edited_behind(opened, lambda id_: it.right.edit(id_, title="at the first moment"))
        )
        await it.rest()
        (copy,) = it.right.shown()
        assert it.left.shown() == {born: ("at the first moment", 1)}

        it.left.edit(born, amount=2)
        await it.run(AB, lambda opened: edited_behind(opened, lambda id_: it.right.edit(id_, title="and again")))
        await it.rest()
        assert it.left.shown() == {born: ("and again", 2)}
        assert it.right.shown() == {copy: ("and again", 2)}


@each_pair
async def test_an_edit_beside_an_attempt_that_was_broken_off_is_a_conflict_and_the_attempt_itself_is_none(
    tmp_path, monkeypatch, left, right
):
    async with twins(tmp_path, monkeypatch, left(), right(), "conflict: hold") as it:
        quiet, edited = it.left.add("quiet", 1), it.left.add("edited", 1)
        await it.rest()
        copies = {values[0]: id_ for id_, values in it.right.shown().items()}
        it.left.edit(quiet, amount=2)
        it.left.edit(edited, amount=2)
        await it.run(AB, lambda opened: broken_off(opened, 60))  # it is not tried again in this run
        it.right.edit(copies["edited"], amount=3)
        for route in (BA, AB, BA, AB):
            await it.run(route)

        assert it.left.shown() == {quiet: ("quiet", 2), edited: ("edited", 2)}
        assert it.right.shown() == {copies["quiet"]: ("quiet", 2), copies["edited"]: ("edited", 3)}
        assert await it.conflicts(AB, quiet) == []
        assert len(await it.conflicts(AB, edited)) == 1
        assert (await it.transfer(AB, edited)).status == "held"


async def test_an_update_that_was_broken_off_half_way_is_gone_on_with_and_is_nobodys_edit(tmp_path, monkeypatch):
    async with twins(tmp_path, monkeypatch, ExampleSide(), ExampleSide(), "conflict: hold") as it:
        born = it.left.add("first", 1)
        await it.rest()
        (copy,) = it.right.shown()
        it.left.edit(born, title="second", amount=2)
        await it.run(AB, lambda opened: broken_off(opened, instead={"amount": 1}))
        assert it.right.shown() == {copy: ("second", 1)}

        await it.run(BA)
        await it.rest()

        assert it.left.shown() == {born: ("second", 2)}
        assert it.right.shown() == {copy: ("second", 2)}
        assert await it.conflicts(AB, born) == []


async def test_feedback_to_both_sources_is_no_edit(tmp_path, monkeypatch):
    told = 'feedback:\n  delivered: {note: "is {{ external_id }} there", tag: carried}\n'
    async with twins(tmp_path, monkeypatch, ZefortSide(), ZefortSide(), more=(told, told)) as it:
        it.left.add("of the left", 1)
        it.right.add("of the right", 2)
        reports = await it.rest()
        assert sum(one.acknowledged for one in reports) == 2
        assert sum(one.updated for one in reports) == 0
        before = it.left.writes(), it.right.writes()
        await it.run(AB)
        await it.run(BA)
        assert (it.left.writes(), it.right.writes()) == before


async def test_all_of_it_holds_in_postgresql_too(tmp_path, monkeypatch):
    with throw_away_schema() as url:
        async with twins(tmp_path, monkeypatch, ExampleSide(), ExampleSide(), "conflict: hold", url=url) as it:
            born, other = it.left.add("first", 1), it.left.add("other", 1)
            await it.rest()
            copies = {values[0]: id_ for id_, values in it.right.shown().items()}
            it.left.edit(born, title="of the left")
            it.right.edit(copies["first"], title="of the right")
            it.right.edit(copies["other"], amount=5)
            reports = await it.rest()
            assert sum(one.conflicts for one in reports) == 1
            assert it.left.shown() == {born: ("of the left", 1), other: ("other", 5)}
            await it.ledger.retry(BA, document_ids=[copies["first"]], statuses=SETTLED, at=waiting_at(), note="retry")
            await it.rest()
            assert it.left.shown() == {born: ("of the right", 1), other: ("other", 5)}


async def test_both_routes_at_once_lose_no_edit_and_make_no_second_document(tmp_path, monkeypatch):
    async with twins(tmp_path, monkeypatch, ExampleSide(), ExampleSide()) as it:
        for number in range(12):
            it.left.add(f"left {number}", number)
            it.right.add(f"right {number}", number)
        for _ in range(4):
            await asyncio.gather(it.run(AB), it.run(BA))
            for id_, (title, _amount) in it.left.shown().items():
                if title.startswith("left"):
                    it.left.edit(id_, title=f"{title}!")
            for id_, (title, _amount) in it.right.shown().items():
                if title.startswith("right"):
                    it.right.edit(id_, title=f"{title}!")
        await it.rest()
        assert sorted(it.left.shown().values()) == sorted(it.right.shown().values())
        assert sorted(it.left.shown().values()) == sorted(
            (f"{side} {number}!!!!", number) for side in ("left", "right") for number in range(12)
        )
