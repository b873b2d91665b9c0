"""How a delivery's files reach Zefort: the main one makes the contract, the others are added, each only once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from connectors.errors import RejectedError
from connectors.markers import delivery_marker, file_marker, marked, markers
from connectors.uploads import Form, opened
from connectors.zefort.finder import Finder
from connectors.zefort.payload import STANDARD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from connectors.contract import Attachment, Delivery, Journal
    from connectors.zefort.client import ZefortClient
    from connectors.zefort.models import Contract
    from connectors.zefort.payload import Wanted

BLOB = "blob"
"""The form field that Zefort takes files in."""
OVERLAP = 2
"""Days by which a search starts early: whose midnight `receive_time` means is not documented."""

MOST_DAYS = 9999
"""The largest number of days that a search takes."""


class Files:
    """Uploads of one account. `settle` is how long reads may lag behind a write before it is made again."""

    def __init__(self, client: ZefortClient, settle: timedelta, docai_skip: Sequence[str] = ()) -> None:
        self._client = client
        self._settle = settle
        self._docai_skip = docai_skip
        self._finder = Finder(client)

    async def contract(
        self, delivery: Delivery, wanted: Wanted, binders: Sequence[str], journal: Journal
    ) -> tuple[str, Contract | None]:
        """Make the contract with its main file, once. Return its id, and its body if it was made or found just now."""
        made: list[tuple[Contract, str]] = []
        found: list[Contract] = []

        async def create() -> str:
            made.append(await self._create(delivery, wanted, binders, journal))
            return made[0][0].id

        async def find() -> str | None:
            shown = await self._finder.find(delivery_marker(delivery.key), _days(journal))
            found.extend([shown] if shown else [])
            return shown.id if shown else None

        if not _cover(journal)[0]:
            # The first attempt: it gets to the disk together with the intent of the call. A later one sees the old one
            # until the look for the earlier call is over.
            await _record_cover(journal, delivery)
        contract_id = await journal.once("create", create, find, settle=self._settle)
        for contract, sha256 in made:
            await journal.record(f"sha256:{main_file(delivery).file.id}", sha256)
            return contract_id, contract
        return contract_id, next((one for one in found if one.as_made), None)

    async def attach(self, contract_id: str, delivery: Delivery, journal: Journal) -> None:
        """Add every file but the one the contract was made with. Files the source has dropped since stay where they are."""
        if not delivery.files:
            return
        cover = _cover(journal)[1] or main_file(delivery).file.id
        for attachment in delivery.files:
            if attachment.file.id != cover:
                await self._attach(contract_id, delivery.key, attachment, journal)

    async def _attach(self, contract_id: str, key: str, attachment: Attachment, journal: Journal) -> None:
        marker = file_marker(key, attachment.file.id)
        sent: list[str] = []

        async def add() -> str:
            async with opened(attachment) as upload:
                await self._client.add_file(
                    contract_id, Form(upload, marked(upload.name, marker, upload.media_type), BLOB)
                )
                sent.append(upload.sha256)
            return marker

        async def find() -> str | None:
            contract = await self._client.contract(contract_id)
            return marker if marker in markers(contract.filenames) else None

        await journal.once(f"file:{attachment.file.id}", add, find, settle=self._settle)
        for sha256 in sent:
            await journal.record(f"sha256:{attachment.file.id}", sha256)

    async def _create(
        self, delivery: Delivery, wanted: Wanted, binders: Sequence[str], journal: Journal
    ) -> tuple[Contract, str]:
        """Send everything that can travel in one call: what comes later may be lost in between. Return the file's SHA-256 too."""
        main = main_file(delivery)
        async with opened(main) as upload:
            # The AI is told to leave alone what we set.
            skip = [key for key in STANDARD if wanted.attributes.get(key) is not None]
            skip += [name for name, given in (("parties", wanted.parties), ("taggings", wanted.tags)) if given]
            fields = [("title", wanted.title)]
            fields += [("docai_skip", name) for name in dict.fromkeys((*skip, *self._docai_skip))]
            fields += [("binders", binder) for binder in binders]
            await _record_cover(journal, delivery)
            name = marked(upload.name, delivery_marker(delivery.key), upload.media_type)
            contract = await self._client.create(Form(upload, name, BLOB, fields))
            return contract, upload.sha256


def main_file(delivery: Delivery) -> Attachment:
    """Return the leading file. RejectedError: there is none, and so nothing that could carry the marker."""
    if not delivery.files:
        raise RejectedError("the document has no file; a contract is found again by the name of its main file")
    return next((each for each in delivery.files if each.file.main), delivery.files[0])


async def _record_cover(journal: Journal, delivery: Delivery) -> None:
    """Write down which file is sent and on which day (UTC), for whoever has to look for it later."""
    await journal.record("cover", f"{datetime.now(UTC).date().isoformat()} {main_file(delivery).file.id}")


def _days(journal: Journal) -> int:
    """Return for how many days back the contract has to be looked for."""
    today = datetime.now(UTC).date()
    sent, since = _cover(journal)[0], journal.forgotten_since
    days = [date.fromisoformat(sent)] if sent else []
    days += [since.date()] if since is not None else []
    return min(max((today - min(days, default=today)).days, 0) + OVERLAP, MOST_DAYS)


def _cover(journal: Journal) -> tuple[str, str]:
    """Return the day (ISO, UTC) and the file id of the last upload that was to make the contract; empty if unknown."""
    day, _, file_id = journal.results("cover").get("cover", "").partition(" ")
    return day, file_id
