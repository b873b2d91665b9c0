"""A ledger with two routes that are watched, whose runs and clocks a test makes up; and who is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from flows.receivers import receivers_of
from flows.settings import Gateway
from flows.watching import watch
from tests.flows.listener import listening
from tests.ledgers import open_ledger, rows

if TYPE_CHECKING:
    from pathlib import Path

    from flows.watching import Watch
    from state import Ledger

ROUTE = """\
source: {source}.documents
destination: far.contracts
alarms: {{fresh_within: 30m, reject_rate: 20%, owed_for: 2h, quota_held: 60%}}
fields: {{title: title}}
"""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def written(at: datetime) -> str:
    """Write an instant as ledgers do."""
    return at.isoformat(timespec="microseconds")[:26] + "Z"


@pytest.fixture(autouse=True)
def _straight(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("NEAR_API_KEY", "set")
    monkeypatch.setenv("SIDE_API_KEY", "set")
    monkeypatch.setenv("FAR_API_KEY", "set")


@pytest.fixture
async def it(any_ledger, tmp_path):
    """Two routes that have run complete a moment ago."""
    ledger = await open_ledger(any_ledger)
    watched = Watched(tmp_path, any_ledger, ledger)
    await watched.well()
    yield watched
    await ledger.close()


@pytest.fixture
async def listener(it):
    """Somebody who is told."""
    async with listening() as listener:
        it.urls = [listener.url]
        yield listener


class Watched:
    """The routes `a` and `b`, from `near` and `side` to `far`, and the checks of what they do."""

    def __init__(self, folder: Path, url: str, ledger: Ledger) -> None:
        self.ledger, self.url, self._runs = ledger, url, 0
        self.routes = folder / "routes"
        self.routes.mkdir()
        for name, source in (("a", "near"), ("b", "side")):
            (self.routes / f"{name}.yaml").write_text(ROUTE.format(source=source))
        self.urls: list[str] = []
        self.now, self.count = datetime.now(UTC), 0

    @property
    def gateway(self) -> Gateway:
        """The settings, with the receivers that there are now."""
        return Gateway(state_url=self.url, mappings=self.routes, alarm_urls=", ".join(self.urls))

    async def check(self) -> Watch:
        """Check once."""
        return await watch(self.gateway, self.ledger, receivers_of(self.gateway))

    async def run(
        self,
        route: str,
        ago: timedelta,
        *,
        lasted: timedelta = timedelta(),
        complete: bool = True,
        note: str | None = None,
        **counts: int,
    ):
        """Have a run of a route ended some time ago."""
        async with self.ledger.run(route) as run:
            await run.finish(at=self.now, counts={"exit_code": 0, **counts}, complete=complete, note=note)
        began, ended = written(self.now - ago - lasted), written(self.now - ago)
        rows(self.url, f"UPDATE run SET started_at = '{began}', ended_at = '{ended}' WHERE id = '{run.id}'")
        return run.id

    async def stop(self, route: str, ago: timedelta, note: str = "401: closed") -> None:
        """Have a run of a route that was stopped some time ago."""
        await self.run(route, ago, complete=False, note=note, exit_code=3)

    async def well(self) -> None:
        """Have both routes run complete a moment ago."""
        for route in "ab":
            await self.run(route, MINUTE)

    def later(self, time: timedelta) -> None:
        """Let time go by: everything in the ledger is that much older. A negative one is a clock that is set back."""
        for table, columns in {"run": ("started_at", "ended_at"), "feedback": ("owed_at", "due_at")}.items():
            for column in columns:
                found = rows(self.url, f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL")
                for number, at in found:
                    new = written(datetime.fromisoformat(at) - time)
                    rows(self.url, f"UPDATE {table} SET {column} = '{new}' WHERE id = '{number}'")
        self.age_the_book(time)

    def age_the_book(self, time: timedelta) -> None:
        """Let time go by for what checkers have kept alone."""
        import msgspec  # noqa: PLC0415 -- only here

        for connection, name, value in rows(self.url, "SELECT connection, name, value FROM memory"):
            if not value.startswith(("{", "[")):
                continue
            data = _older(msgspec.json.decode(value), time)
            text = msgspec.json.encode(data).decode().replace("'", "''")
            rows(self.url, f"UPDATE memory SET value = '{text}' WHERE connection = '{connection}' AND name = '{name}'")


def _older(data, time: timedelta):
    if isinstance(data, dict):
        return {key: _older(value, time) for key, value in data.items()}
    if isinstance(data, list):
        return [_older(value, time) for value in data]
    if isinstance(data, str) and len(data) < 40 and data[:2] == "20" and "T" in data:
        return (datetime.fromisoformat(data) - time).isoformat()
    return data
