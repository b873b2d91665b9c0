"""What a source promises of documents and files: every digit and every byte, or an error that says what to do."""

import asyncio
import copy
import tracemalloc
from contextlib import suppress
from decimal import Decimal

import pytest

from connectors.errors import ConnectorError, GoneError, RejectedError, TransientError
from tests.contract.answers import every_object
from tests.contract.levels import bronze, gold, platinum, silver

HUGE = 48 << 20
HELD = 12 << 20
"""Bytes that may be held at most while a huge file passes."""


async def only_file(it, **wanted):
    (document_id,) = it.add(**wanted)
    (file,) = (await it.source.fetch(document_id)).files
    return file


@bronze
async def test_a_file_arrives_byte_for_byte(source):
    async with source() as it:
        content = b"%PDF-1.7 \x00\xff\r\n" * 999
        file = await only_file(it, content=content)
        assert file.main
        assert await it.bytes_of(file) == it.subject.carried(content)


@bronze
async def test_a_document_is_read_twice_the_same(source):
    async with source() as it:
        (document_id,) = it.add()
        assert await it.source.fetch(document_id) == await it.source.fetch(document_id)


@silver
async def test_a_document_carries_no_secrets(source):
    async with source() as it:
        (document_id,) = it.add()
        named = set()
        every_object((await it.source.fetch(document_id)).fields, named.update)
        assert not {name for name in named if any(word in name.lower() for word in ("token", "secret", "password"))}


@silver
@pytest.mark.parametrize("amount", ["12345678901234567.89", "0.30", "-0.01", "10.50", "0.1"])
async def test_money_keeps_every_digit(source, amount):
    async with source() as it:
        (document_id,) = it.add(amount=Decimal(amount))
        found = it.subject.amount(await it.source.fetch(document_id))
        assert isinstance(found, Decimal)
        assert found == Decimal(amount)


@silver
async def test_fractions_are_added_without_an_error_of_rounding(source):
    async with source() as it:
        ids = it.add(amount=Decimal("0.1")) + it.add(amount=Decimal("0.2"))
        amounts = [it.subject.amount(await it.source.fetch(one)) for one in ids]
        assert sum(amounts) == Decimal("0.3")


@silver
async def test_a_document_that_vanished_since_it_was_listed_is_gone(source):
    async with source() as it:
        it.add()
        (document_id,) = (await it.listing()).ids
        it.subject.remove(it.app, document_id)
        with pytest.raises(GoneError):
            await it.source.fetch(document_id)


@silver
async def test_a_document_taken_back_to_work_since_it_was_listed_is_not_ready_and_says_why(source):
    async with source() as it:
        (document_id,) = it.add()
        it.subject.take_away(it.app, document_id)
        assert await it.held_back(document_id)


@silver
async def test_an_id_that_would_address_something_else_is_refused_or_unknown(source):
    async with source() as it:
        (known,) = it.add()
        for document_id in (
            "..",
            "a/b",
            "%2e%2e",
            "ä 1",
            f"{known}?a=b",
            f"{known}#a",
            f"x/../{known}",
            f"%{ord(known[0]):x}{known[1:]}",
        ):
            with pytest.raises((RejectedError, GoneError)):
                await it.source.fetch(document_id)


@silver
async def test_an_empty_file_is_empty_or_refused(source):
    async with source() as it:
        file = await only_file(it, content=b"")
        with suppress(RejectedError):
            assert await it.bytes_of(file) == it.subject.carried(b"")


@silver
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", 'a"; x="b.pdf', "請求書 №7.pdf", "Größe/Übersicht.pdf", "x" * 200 + ".pdf"]
)
async def test_hostile_file_names_harm_nobody(source, name):
    async with source() as it:
        file = await only_file(it, name=name)
        async with it.source.open(file) as download:
            assert b"".join([chunk async for chunk in download.chunks])
            assert "\n" not in (download.name or file.name)


@gold
async def test_a_file_that_is_cut_off_is_never_taken_for_whole(source):
    async with source() as it:
        content = b"%PDF-1.7 whole" * 5000
        file = await only_file(it, content=content)
        it.strike("cut", it.subject.download)
        with pytest.raises(TransientError):
            await it.bytes_of(file)
        it.heal()
        assert await it.bytes_of(file) == it.subject.carried(content)


@gold
async def test_a_web_page_is_not_taken_for_the_file(source):
    async with source() as it:
        file = await only_file(it)
        it.strike("html", it.subject.download)
        with pytest.raises(ConnectorError):
            await it.bytes_of(file)


@gold
async def test_a_file_that_is_gone_is_gone(source):
    async with source() as it:
        file = await only_file(it)
        assert await it.bytes_of(file)  # so files are to be had there: where they are is not published everywhere
        it.strike("status", it.subject.ordering or it.subject.download, status=404)
        with pytest.raises(GoneError):
            await it.bytes_of(file)


@platinum
async def test_a_huge_file_passes_in_little_memory(source):
    async with source() as it:
        file = await only_file(it)
        it.between.pour(it.subject.download, HUGE, it.subject.around(HUGE))
        tracemalloc.start()
        try:
            size = 0
            async with it.source.open(file) as download:
                async for chunk in download.chunks:
                    size += len(chunk)
                    if size < HUGE // 8:
                        await asyncio.sleep(0)  # a slow reader must hold the sender back
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert size == HUGE
        assert peak < HELD


@silver
@pytest.mark.parametrize("body", ["[]", '"text"', "null", "{}"])
async def test_an_answer_of_another_kind_is_an_error_and_not_a_document(source, body):
    async with source() as it:
        (document_id,) = it.add()
        fault = it.strike(
            "status", it.subject.reading, status=200, body=body, headers={"content-type": "application/json"}
        )
        with pytest.raises(ConnectorError):
            await it.source.fetch(document_id)
        assert fault.struck


@silver
async def test_an_answer_about_another_document_is_not_taken_for_the_one_that_was_asked_for(source):
    async with source() as it:
        other, document_id = it.add(2)
        said = []
        it.between.change_json(it.subject.reading, lambda answer: said.append(copy.deepcopy(answer)))
        await it.source.fetch(other)
        it.heal()

        def mixed_up(answer):
            answer.clear()
            answer.update(said[0])

        it.between.change_json(it.subject.reading, mixed_up)
        with pytest.raises(ConnectorError) as caught:
            await it.source.fetch(document_id)
        assert not isinstance(caught.value, RejectedError), "it says nothing about the document that was asked for"


@gold
async def test_a_row_that_is_nested_beyond_all_reason_hides_nobody_else(small):
    async with small() as it:
        ids = it.add(12)
        deep = None
        for _ in range(LEVELS):
            deep = {"a": deep}

        def bury(answer):
            for row in it.subject.rows(answer)[:1]:
                row.update(status_data={"x": deep}, novelty=deep)

        it.between.change_json(it.subject.listing, bury)
        assert set(ids[1:]) <= set((await it.everything()).ids)


LEVELS = 600
"""More than a reader that calls itself once a level gets through, fewer than a decoder refuses."""
