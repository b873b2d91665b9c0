"""Hypatos as a destination: several files of one delivery."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.errors import (
    RejectedError,
    TransientError,
)
from connectors.markers import delivery_marker
from tests.connectors.hypatos.desk import FILES, KEY, delivery


async def test_further_files_become_documents_of_their_own_that_name_the_main_one(desk, journal):
    made = await desk.documents.push(delivery(*FILES[1:], FILES[0], external_data={"a": "b"}), journal)
    assert len(desk.held) == 3
    main = desk.held[made]
    assert "mainDocument" not in main["external_data"]
    others = [document for document_id, document in desk.held.items() if document_id != made]
    assert all(other["external_data"] == {"a": "b", "docferry": KEY, "mainDocument": made} for other in others)
    assert len({document["external_id"] for document in desk.held.values()}) == 3
    (file_id,) = main["files"]
    assert desk.app.store.uploads[file_id].name == "lease.pdf"
    assert await desk.documents.push(delivery(*FILES, external_data={"a": "b"}, replaces=made), journal) == made
    assert len(desk.held) == 3


@pytest.mark.parametrize("merges", [True, False])
@pytest.mark.parametrize("answer", ["200", "201", "202"])
async def test_several_files_become_one_case_where_that_is_set(open_desk, journal, merges, answer):
    desk = await open_desk(settings={"cases": True}, case_merges=merges, case_answer=answer)
    made = await desk.documents.push(delivery(*FILES, title="All", external_data={"a": "b"}), journal)
    assert len(desk.held) == (1 if merges else 3)
    main = desk.held[made]
    assert main["external_id"] == f"gw-{delivery_marker(KEY)}"
    assert main["external_data"] == {"a": "b", "docferry": KEY}
    assert main["title"] == "All"
    assert desk.asked("POST /cases/process-file-batch") == 1


async def test_a_case_whose_main_file_is_another_one_is_found_all_the_same(open_desk, journal):
    desk = await open_desk(settings={"cases": True}, case_main="last")
    desk.app.act({"add": {"name": "somebody else's.pdf"}})
    made = await desk.documents.push(delivery(*FILES), journal)
    assert len(desk.held[made]["files"]) == 3
    assert len(desk.held) == 2


async def test_a_case_that_shows_late_is_waited_for_and_never_made_again(open_desk, journal):
    desk = await open_desk(settings={"cases": True}, case_lag=600.0)
    for _ in range(3):
        with pytest.raises(TransientError):
            await desk.documents.push(delivery(*FILES), journal)
        journal.now += timedelta(minutes=5)
    desk.app.act({"advance": 601})
    await desk.documents.push(delivery(*FILES), journal)
    assert desk.asked("POST /cases/process-file-batch") == 1
    assert len(desk.held) == 1


async def test_a_case_of_one_file_is_processed_plainly(open_desk, journal):
    desk = await open_desk(settings={"cases": True})
    await desk.documents.push(delivery(), journal)
    assert desk.asked("POST /cases/process-file-batch") == 0
    assert len(desk.held) == 1


async def test_a_case_cannot_be_given_another_file(open_desk, journal):
    desk = await open_desk(settings={"cases": True})
    made = await desk.documents.push(delivery(*FILES[:2]), journal)
    with pytest.raises(RejectedError, match="other files"):
        await desk.documents.push(delivery(*FILES, replaces=made), journal)
