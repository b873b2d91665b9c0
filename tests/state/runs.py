"""What a run does with a document, in short, for the tests of the ledger."""

from datetime import datetime

from state import RouteRun


async def deliver(run: RouteRun, transfer_id: int, now: datetime, external_id: str = "far-1") -> None:
    await run.settle(
        transfer_id, status="delivered", at=now, event="delivered", external_id=external_id, tell="delivered"
    )


async def one(run: RouteRun, now: datetime, document: str = "a", version: str = "1") -> int:
    found = await run.remember("documents", [(document, version)], None, now=now, relist=())
    await run.claim(10, now)
    return found.new[0]
