"""What a run can be asked for: single documents, what was rejected, a sweep, and the reason that is kept with it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from connectors.secrets import hide
from connectors.settings import SettingsError
from flows.engine import sync
from flows.preview import preview
from flows.selection import ALL_DUE, Selection, as_asked, in_words
from tests.flows.test_shared_verdict import HELPED, shared
from tests.flows.world import QUICK, world

WHY = "the supplier has sent corrected invoices"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"documents": ("",)}, "a document's id is empty"),
        ({"documents": ("a", " ")}, "a document's id is empty"),
        ({"documents": ("a", "b" * 1001)}, "an id that the ledger cannot keep .* give its id at the source"),
        ({"documents": ("\ud800",)}, "half of a character"),
        ({"documents": ("a",), "rejected": True}, "single documents or what was rejected, not both"),
        ({"rejected": True, "sweep": True}, "what was rejected or a full sweep, not both"),
        ({"since": datetime(2026, 1, 1, tzinfo=UTC)}, r"--sweep, .* or with --rejected"),
        ({"documents": ("a",), "since": datetime(2026, 1, 1, tzinfo=UTC)}, "single documents have no date: .*--sweep"),
    ],
)
def test_what_cannot_go_together_is_one_sentence(asked, says):
    with pytest.raises(SettingsError, match=says):
        Selection(**asked)


def test_what_was_asked_for_is_kept_in_one_line_without_secrets_and_reads_as_words():
    hide("a-secret-key")
    asked = Selection(("a", "b"), limit=5, reason=f"{WHY}\n with a-secret-key" + "x" * 600)
    text = asked.as_text()
    assert "a-secret-key" not in text
    assert "\n" not in text
    kept = as_asked(text)
    assert (kept["documents"], kept["limit"], len(kept["reason"])) == (2, 5, 500)
    assert in_words(text).startswith(f'2 documents, at most 5, "{WHY} with ')
    assert ALL_DUE.as_text() is None
    assert in_words("what another release has kept") == '"what another release has kept"'


async def rejected(it):
    return sorted(transfer.document_id for transfer in await it.ledger.rejects(it.reports[-1].route, 1000))


async def test_what_was_rejected_is_tried_again_and_nothing_else_is_touched(tmp_path):
    async with world(tmp_path) as it:
        await it.finish()
        before, listed = await rejected(it), it.hypatos.requests["GET /documents"]
        assert before
        report = await it.run(asked=Selection(rejected=True, reason=WHY))
        assert (report.listed, report.rejected, report.delivered) == (len(before), len(before), 0)
        assert it.hypatos.requests["GET /documents"] == listed
        assert await rejected(it) == before
        transfer = (await it.ledger.lookup(report.route, before[:1]))[before[0]]
        wanted = [event for event in (await it.ledger.timeline(transfer.id)).events if event.kind == "wanted"]
        assert [event.detail for event in wanted] == [WHY]
        run = (await it.ledger.summary(report.route)).runs[0]
        assert as_asked(run.asked) == {"rejected": True, "reason": WHY}


async def test_what_was_rejected_before_a_day_is_left_alone(tmp_path):
    async with world(tmp_path) as it:
        await it.finish()
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        report = await it.run(asked=Selection(rejected=True, since=tomorrow))
        assert (report.listed, report.exit_code) == (0, 0)
        assert "nothing was tried again" in " ".join(report.notes)
        today = await it.run(asked=Selection(rejected=True, since=tomorrow - timedelta(days=2)))
        assert today.listed == len(await rejected(it))


async def test_a_dry_run_of_what_was_rejected_says_what_would_become_of_it(tmp_path):
    async with world(tmp_path) as it:
        await it.finish()
        async with it.opened() as opened:
            tried = await preview(opened, it.ledger, policy=QUICK, asked=Selection(rejected=True))
        assert tried.rejected == len(await rejected(it))
        assert tried.adds_up


async def test_a_sweep_reads_the_source_itself_although_another_run_has_just_read_it(tmp_path):
    begun, over = asyncio.Event(), asyncio.Event()

    async def after_the_other(name, work, /):
        if name == "collect":
            begun.set()
            await over.wait()
        return await work()

    async with world(tmp_path, routes=shared(tmp_path)) as it, it.opened() as opened:
        sweeping = asyncio.create_task(
            sync(opened, it.ledger, policy=it.policy, phase=after_the_other, asked=Selection(sweep=True))
        )
        await begun.wait()
        await it.finish()
        listed = it.hypatos.requests["GET /documents"]
        over.set()
        report = await sweeping
        assert report.complete
        assert HELPED not in report.notes
        assert it.hypatos.requests["GET /documents"] > listed
