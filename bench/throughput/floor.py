"""The floor of the task: sixteen coroutines over aiohttp, mapping by hand, nothing written down. A crash loses everything."""

from __future__ import annotations

import asyncio
import csv
import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

SOURCE, DESTINATION = os.environ["BENCH_SOURCE"], os.environ["BENCH_DESTINATION"]
IN_FLIGHT = int(os.environ["BENCH_IN_FLIGHT"])
_encode = msgspec.json.Encoder(decimal_format="number").encode
_GERMAN = str.maketrans(",", ".", ".")


def _number(text: str) -> Decimal:
    return Decimal(text.translate(_GERMAN))


def _day(text: str) -> str:
    return datetime.strptime(text, "%d.%m.%Y").date().isoformat()  # noqa: DTZ007 -- a day has no zone


def mapped(document: dict[str, Any], departments: dict[str, str]) -> dict[str, Any]:
    """Map a document by hand."""
    supplier = document["supplier"]
    return {
        "externalKey": document["id"],
        "number": document["invoiceNumber"],
        "title": f"{supplier['name']} {document['invoiceNumber']}",
        "supplier": {
            "name": supplier["name"],
            "country": supplier["address"]["country"],
            "vat": supplier["vatId"],
        },
        "issued": _day(document["issuedAt"]),
        "due": _day(document["dueAt"]),
        "currency": document["currency"],
        "total": _number(document["total"]),
        "tax": _number(document["tax"]),
        "department": departments[document["costCenter"]],
        "lines": [
            {
                "position": place,
                "sku": item["sku"],
                "quantity": _number(item["quantity"]),
                "amount": _number(item["amount"]),
            }
            for place, item in enumerate(document["items"], 1)
        ],
    }


def table() -> dict[str, str]:
    with Path("departments.csv").open() as file:
        return {row["key"]: row["value"] for row in csv.DictReader(file)}


async def main(departments: dict[str, str]) -> None:
    queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def send() -> None:
            while (document := await queue.get()) is not None:
                body = _encode(mapped(document, departments))
                headers = {"content-type": "application/json"}
                async with session.post(f"{DESTINATION}/invoices", data=body, headers=headers) as answer:
                    answer.raise_for_status()
                    msgspec.json.decode(await answer.read())

        senders = [asyncio.create_task(send()) for _ in range(IN_FLIGHT)]
        page, pages = 1, 1
        while page <= pages:
            async with session.get(f"{SOURCE}/documents", params={"page": page}) as answer:
                listed = msgspec.json.decode(await answer.read())
            pages = listed["pages"]
            for document in listed["items"]:
                queue.put_nowait(document)
            page += 1
        for _ in senders:
            queue.put_nowait(None)
        await asyncio.gather(*senders)


if __name__ == "__main__":
    asyncio.run(main(table()))
