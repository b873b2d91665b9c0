"""Pairs of routes: nothing goes round in circles, no edit is overwritten in silence, and a conflict ends as the rule says."""

from __future__ import annotations

import pytest

from tests.flows.twins import AB, BA, ExampleSide, ZefortSide, twins

PAIRS = [(ExampleSide, ExampleSide), (ZefortSide, ZefortSide), (ZefortSide, ExampleSide)]
each_pair = pytest.mark.parametrize(("left", "right"), PAIRS)


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
async def test_where_the_source_wins_the_side_that_made_the_document_does_on_both_routes(tmp_path, monkeypatch, left, right):
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
