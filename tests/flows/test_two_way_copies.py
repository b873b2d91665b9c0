"""Pairs of routes: what is deleted on one side, and copies that are new or unfinished."""

from __future__ import annotations

import pytest

from tests.flows.twins import AB, BA, PAIRS, broken_off, edited_behind, refused_late, twins

each_pair = pytest.mark.parametrize(("left", "right"), PAIRS)


@each_pair
async def test_what_is_deleted_on_one_side_is_not_made_anew_there(tmp_path, monkeypatch, left, right):
    async with twins(tmp_path, monkeypatch, left(), right()) as it:
        gone, copy_gone = it.left.add("made here, deleted there", 1), it.left.add("deleted where it was made", 2)
        await it.rest()
        copies = {values[0]: id_ for id_, values in it.right.shown().items()}
        it.right.delete(copies["made here, deleted there"])
        it.left.delete(copy_gone)
        await it.rest()

        it.left.edit(gone, amount=11)
        it.right.edit(copies["deleted where it was made"], amount=12)
        for route in (AB, BA, AB, BA):
            await it.run(route)

        assert it.left.shown() == {gone: ("made here, deleted there", 11)}
        assert it.right.shown() == {copies["deleted where it was made"]: ("deleted where it was made", 12)}
        assert "is gone" in (await it.transfer(AB, gone)).reason
        assert "is gone" in (await it.transfer(BA, copies["deleted where it was made"])).reason


@each_pair
async def test_a_copy_that_is_only_just_made_is_not_carried_back_as_a_new_document(tmp_path, monkeypatch, left, right):
    async with twins(tmp_path, monkeypatch, left(), right()) as it:
        born = it.left.add("first", 1)
        await it.run(AB, broken_off)
        assert len(it.right.shown()) == 1
        back = await it.run(BA)
        assert (back.delivered, back.waiting) == (0, 1)
        reports = await it.rest()
        assert sum(one.delivered for one in reports) == 1
        assert (list(it.left.shown()), len(it.right.shown())) == ([born], 1)


@each_pair
async def test_a_copy_that_was_left_unfinished_is_skipped_until_it_is_finished(tmp_path, monkeypatch, left, right):
    async with twins(tmp_path, monkeypatch, left(), right()) as it:
        born = it.left.add("first", 1)
        assert (await it.run(AB, refused_late)).rejected == 1
        back = await it.run(BA)
        assert (back.delivered, back.skipped) == (0, 1)
        (copy,) = it.right.shown()
        assert (await it.transfer(BA, copy)).reason_class == "copy"

        it.left.edit(born, amount=2)
        await it.rest()
        assert it.right.shown() == {copy: ("first", 2)}
        it.right.edit(copy, amount=3)
        await it.rest()
        assert it.left.shown() == {born: ("first", 3)}


@each_pair
async def test_a_document_deleted_before_its_last_edit_was_carried_back_keeps_nobody_waiting(
    tmp_path, monkeypatch, left, right
):
    """The other route wrote to this side, was to write again, and found nothing any more to write."""
    async with twins(tmp_path, monkeypatch, left(), right()) as it:
        born = it.left.add("first", 1)
        await it.rest()
        (copy,) = it.right.shown()
        it.right.edit(copy, title="second")
        await it.rest()
        it.left.edit(born, amount=3)
        await it.run(AB, lambda opened: edited_behind(opened, lambda id_: it.right.edit(id_, title="fourth")))
        it.right.delete(copy)
        await it.run(BA)
        it.left.edit(born, title="fifth")

        await it.rest(12)

        assert it.left.shown() == {born: ("fifth", 3)}
        assert "is gone" in (await it.transfer(AB, born)).reason
