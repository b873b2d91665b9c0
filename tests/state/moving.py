"""Ledgers that are carried: what is put into one, what it holds, and the way from one into another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state import Ledger, Vault
from state.care import Care
from state.fingerprints import REKEYED
from state.models import metadata
from state.restoring import RESTORED
from tests.ledgers import KEY, open_ledger, rows
from tests.state.runs import deliver, one

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from state.moving import Moved


def quietly(_done: int, _of: int) -> None:
    """Tell nobody."""


def care(url: str, *keys: str) -> Care:
    return Care(url, vault=Vault(keys) if keys else None)


async def fill(url: str, now: datetime, *, documents: int = 3) -> Ledger:
    """Give a ledger rows in every table, and return it with nobody at work in it."""
    ledger = await open_ledger(url, vault=Vault([KEY]))
    await ledger.save_token("hypatos", "sealed")
    await ledger.credentials.set("hypatos", "client_secret", "a secret é")
    await ledger.keep("zefort", "tag é \U0001f4c4", "42")
    async with ledger.run("r") as run:
        await run.waking.use("v1", {"r.yaml": "source: a\n"}, now)
        transfer_id = await one(run, now)
        await run.intend(transfer_id, "create", now)
        page = [(f"d{number}", "1") for number in range(documents)]
        await run.remember("documents", page, '{"after": 1}', now=now, relist=())
        await deliver(run, transfer_id, now)
        await run.settle(
            transfer_id + 1,
            status="rejected",
            at=now,
            event="rejected",
            reason="A 9",
            content_version="c",
            snapshot=b"{}",
        )
    return ledger


def everything(url: str) -> dict[str, list[str]]:
    """Return all rows that are not about who is at work, nor about the import itself, alike for every database."""
    found = {}
    for table in metadata.sorted_tables:
        if table.name in ("lease", "receipt"):
            continue
        names = ", ".join(f'"{each.name}"' for each in table.columns)
        found[table.name] = sorted(
            repr(
                [
                    bytes(each) if isinstance(each, memoryview) else int(each) if isinstance(each, bool) else each
                    for each in row
                ]
            )
            for row in rows(url, f'SELECT {names} FROM "{table.name}"')
            if not {RESTORED, REKEYED} & {each for each in row if isinstance(each, str)}
        )
    return found


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "file" in path.name]


async def carry(source: str, target: str, file: Path, *, replace: bool = False) -> Moved:
    await care(source, KEY).export(file, quietly)
    return await care(target, KEY).import_(file, quietly, replace=replace)
