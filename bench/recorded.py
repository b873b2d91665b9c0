"""A ledger with recorded documents, for the benchmarks of what looks back at them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import mappings
from connectors.contract import Document
from connectors.hypatos.sandbox_documents import DemoDocuments
from connectors.schemas import destination_schema
from flows.fitting import content
from flows.recorded import pack
from mappings.language import load_route
from mappings.language.schema import Schema
from state import Ledger
from state.vault import Vault

ROUTE = "hypatos_to_zefort"
FILE = Path(mappings.__file__).parent / f"{ROUTE}.yaml"


async def record(url: str, key: str, count: int) -> list[str]:
    """Have some documents delivered and recorded through the ledger; return the ids of those that the route accepts."""
    ledger, route, demo = await Ledger.open(url, vault=Vault([key])), load_route(FILE), DemoDocuments(7, count)
    ids = [demo.document_id(number) for number in range(count)]
    fits = Schema(destination_schema(route.destination, FILE.parent)).check
    sent = []
    async with ledger.run(ROUTE) as run:
        now = datetime.now(UTC)
        await run.waking.use(route.version, route.bundle(), now)
        found = await run.remember("documents", [(id_, "1") for id_ in ids], None, now=now, relist=())
        for number, (id_, transfer_id) in enumerate(zip(ids, found.new, strict=True)):
            document = Document(id_, "v", {"id": id_, "entities": demo.entities(number)}, [])
            mapped, problems = route.attempt(document.fields)
            if problems or mapped.skipped or fits(mapped.payload):
                continue
            sent.append(id_)
            await run.settle(
                transfer_id,
                status="delivered",
                at=now,
                event="delivered",
                content_version="v",
                external_id=f"ct_new_{number}",
                mapping_version=route.version,
                payload_digest=run.fingerprint(content(mapped.payload, [])),
                snapshot=pack(document),
            )
    await ledger.close()
    return sent
