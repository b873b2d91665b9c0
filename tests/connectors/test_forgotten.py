"""A delivery that the ledger has forgotten, since it was put back from a backup: every destination finds what it made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.contract import account
from tests.contract.discovery import subjects
from tests.contract.test_destination_once import assert_there_once, files

DAY = 86_400.0
DESTINATIONS = [pytest.param(one, id=one.name) for one in subjects() if one.role == "destination"]


@pytest.mark.parametrize("subject", DESTINATIONS)
@pytest.mark.parametrize("days", [0, 9])
async def test_what_was_made_after_the_backup_is_found_however_old_the_backup_is(subject, days):
    async with account.opened(subject) as it:
        it.app.act({"advance": -days * DAY})
        made = await it.deliver(it.delivery(files=files(it)), account.journal())
        it.app.act({"advance": days * DAY})
        journal = account.journal()
        journal.forgotten_since = datetime.now(UTC) - timedelta(days=days, hours=1)

        assert await it.deliver(it.delivery(files=files(it)), journal) == made

        assert_there_once(it)
