"""Hypatos master data as a destination: records that are written whole, by their external id, as often as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.answer import encode_json
from connectors.contract import Outcome, State
from connectors.errors import ConnectorError, GoneError, RejectedError
from connectors.hypatos import resources
from connectors.hypatos.later import LATER
from connectors.hypatos.resources import COMPANY, TABLE, TABLES
from connectors.later import ANY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.contract import Delivery, Fields, Journal
    from connectors.hypatos.client import HypatosClient
    from connectors.hypatos.resources import Resource

_WRITTEN = "written"
"""The journal's record of what was written last: a fingerprint, and the ids that Hypatos gave."""


class Records:
    """One stream of master data, such as `suppliers`. Nothing of it can be read back, and nothing is ever deleted."""

    def __init__(self, client: HypatosClient, resource: Resource) -> None:
        self._client = client
        self._resource = resource
        self.later = LATER[ANY]
        self.schema = resources.SCHEMAS[resource.name]

    def check(self, payload: Fields) -> None:
        """Raise RejectedError if a record can never be taken."""
        self._resource.records(payload)

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Write every record of the delivery, unless that was done last. Return their ids at Hypatos, joined by commas.

        Writing is by external id and whole, so after any failure all are simply written again. RejectedError: Hypatos
        refuses a field, and names it. ConnectorError: it does not have this kind of master data.
        """
        records = self._resource.records(delivery.payload)
        company = cast("str | None", delivery.payload.get(COMPANY))
        path = self._resource.name
        if path == TABLES:
            path = f"{TABLES}/{delivery.payload[TABLE]}"
        print_ = journal.fingerprint(encode_json([path, company, records]).decode())
        last, _, ids = journal.results(_WRITTEN).get(_WRITTEN, "").partition(" ")
        if last == print_:
            return ids
        # Forgotten first: what stands there after a failure is neither the old nor the new one for certain.
        await journal.forget(_WRITTEN)

        async def write() -> str:
            return f"{print_} {await self._write(path, records, company, journal)}"

        async def find() -> str | None:
            return None  # nothing can be read

        written = await journal.once(_WRITTEN, write, find)
        return written.partition(" ")[2]

    async def _write(self, path: str, records: list[Fields], company: str | None, journal: Journal) -> str:
        ids: list[str] = []
        for place, record in enumerate(records):
            try:
                found = await self._client.enrich(path, record, company)
            except GoneError as error:
                kind = RejectedError if self._resource.name == TABLES else ConnectorError
                raise kind(
                    f"hypatos does not offer the master data {path!r} ({error})",
                    connection=error.connection,
                    status=error.status,
                ) from error
            except RejectedError as error:
                if len(records) > 1:
                    raise RejectedError(
                        f"records[{place}]: {error}", connection=error.connection, status=error.status
                    ) from error
                raise
            # An answer without an id is as good: the external id is what counts there, but it may be a document's value.
            ids.append(found or journal.fingerprint(f"{path}|{record['externalId']}"))
        return ",".join(ids)

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:
        """Say that it is there: what was taken cannot be asked about."""
        del external_id, journal
        return Outcome(State.ACCEPTED)

    async def dropped(self) -> AsyncIterator[str]:
        """List nothing: nothing can be read."""
        nothing: tuple[str, ...] = ()
        for one in nothing:
            yield one
