"""A fresh ledger of each kind, and a few instants around now."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from state import Ledger
from tests.ledgers import open_ledger
from tests.postgres import throw_away_schema


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """Address a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/state/ledger.db"


@pytest.fixture
def server_url() -> Iterator[str]:
    """Address a ledger in PostgreSQL that does not exist yet."""
    with throw_away_schema() as url:
        yield url


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest) -> str:
    """Address a ledger that does not exist yet, in each of the databases."""
    found: str = request.getfixturevalue("file_url" if request.param == "SQLite" else "server_url")
    return found


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    """Open an empty ledger that waits half a second for locks."""
    opened = await open_ledger(url, busy_timeout=0.5)
    yield opened
    await opened.close()


@pytest.fixture
def now() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(UTC)
