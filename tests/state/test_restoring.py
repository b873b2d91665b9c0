"""A ledger that was put back from a backup: what it may have forgotten is looked for first, until a run has ended complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from state import Vault
from state.care import Care
from state.errors import RouteBusyError
from state.ledger import Ledger
from tests.ledgers import KEY, rows

LOOKED_FOR = "SELECT document_id FROM transfer JOIN step ON step.transfer_id = transfer.id WHERE step.name = 'rekeyed' ORDER BY 1"


def vault(url: str) -> Vault | None:
    """Return what encrypts the ledger's key; a file beside SQLite needs nothing."""
    return None if url.startswith("sqlite") else Vault([KEY])


def care(url: str) -> Care:
    """Return the door for whoever looks after the ledger."""
    return Care(url, vault=vault(url))


async def listed(ledger: Ledger, *names: str, complete: bool) -> None:
    """Have a run read a listing with these documents."""
    now = datetime.now(UTC)
    async with ledger.run("r") as run:
        await run.remember("s", [(name, "1") for name in names], None, now=now, relist=())
        await run.finish(at=datetime.now(UTC), complete=complete, counts={}, note=None)


async def test_what_is_new_is_looked_for_until_a_run_has_ended_complete(ledger: Ledger, url: str):
    await listed(ledger, "known", complete=True)
    assert rows(url, LOOKED_FOR) == [], "nothing was restored"
    assert await care(url).restored() == 1

    await listed(ledger, "known", "first", complete=False)
    await listed(ledger, "second", complete=True)
    await listed(ledger, "third", complete=True)

    assert rows(url, LOOKED_FOR) == [("first",), ("known",), ("second",)]
    assert await care(url).restored() == 1, "the third one; no document is marked twice"


async def test_it_is_refused_while_a_run_is_active(ledger: Ledger, url: str):
    async with ledger.run("r"):
        with pytest.raises(RouteBusyError):
            await care(url).restored()


async def test_what_the_source_is_owed_is_due_at_once_when_a_person_says_so(ledger: Ledger, url: str):
    await listed(ledger, "a", "b", complete=True)
    later = (datetime.now(UTC) + timedelta(hours=9)).isoformat(timespec="microseconds")[:26] + "Z"
    for route in ("r", "other"):
        rows(
            url,
            "INSERT INTO feedback (transfer_id, route, seq, outcome, owed_at, due_at, attempts) "
            f"SELECT id, '{route}', {1 if route == 'r' else 2}, 'delivered', '{later}', '{later}', 3 FROM transfer",
        )
    now = datetime.now(UTC)
    assert await ledger.tell_now("r", ["a", "unknown"], at=now) == 1
    assert await ledger.tell_now("r", None, at=now) == 1, "the other one; what is due already is not counted"
    assert await ledger.tell_now("r", None, at=now) == 0


SINCE = "SELECT document_id, result FROM transfer JOIN step ON step.transfer_id = transfer.id WHERE step.name = 'rekeyed' ORDER BY 1"


async def test_connectors_are_told_since_when_things_are_forgotten_however_often_it_is_said_and_rekeyed(
    ledger: Ledger, url: str
):
    before = datetime.now(UTC)
    await listed(ledger, "known", complete=True)
    after = datetime.now(UTC)
    await care(url).restored()
    await listed(ledger, "first", complete=False)
    await care(url).restored()
    await listed(ledger, "second", complete=False)
    await Ledger.rekey(url, vault=vault(url))

    told = dict(rows(url, SINCE))

    assert list(told) == ["first", "known", "second"]
    for since in told.values():
        assert before <= datetime.fromisoformat(since) <= after


async def test_where_no_run_has_ended_complete_everything_may_be_forgotten(ledger: Ledger, url: str):
    await listed(ledger, "known", complete=False)
    await care(url).restored()

    assert [datetime.fromisoformat(since).year for _, since in rows(url, SINCE)] == [1970]
