"""A fresh ledger in a folder of its own, and a few instants around now."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from state import Ledger


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Address a database that does not exist yet."""
    return f"sqlite:///{tmp_path}/state/ledger.db"


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    """Open an empty ledger that waits half a second for locks."""
    opened = await Ledger.open(url, busy_timeout=0.5)
    yield opened
    await opened.close()


@pytest.fixture
def now() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(UTC)
