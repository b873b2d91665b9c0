"""Folders as a destination: one per document, with its files and a sidecar that says what belongs to it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

import msgspec

from connectors.answer import decode_json, encode_json
from connectors.contract import Outcome, State
from connectors.errors import TransientError
from connectors.folder.later import LATER
from connectors.folder.local import explained
from connectors.folder.names import distinct, ended, safe, same
from connectors.folder.schemas import PAYLOAD
from connectors.later import ANY
from connectors.markers import delivery_marker
from connectors.uploads import opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from pathlib import Path

    from connectors.contract import Attachment, Delivery, Fields, Journal
    from connectors.folder.place import Place

SIDECAR = "document.json"
"""The file that makes a document count. It is published last, and lists every other file with its SHA-256."""
_TITLE_LENGTH = 50
"""Characters. The path is what the source is told as our id, and such ids are short and without blanks in many systems."""
_WRITTEN = "written"
_PUBLISHED = "published"
"""The step that keeps the fingerprints of all names a folder was given: a killed attempt may have left some unlisted."""


@dataclass(frozen=True, slots=True)
class _Staged:
    """A file that lies ready. `size` is in bytes."""

    path: Path
    name: str
    original: str
    media_type: str
    size: int
    sha256: str

    @property
    def told(self) -> Fields:
        """How the sidecar lists it."""
        return {
            "name": self.name,
            "original_name": self.original,
            "media_type": self.media_type,
            "size": self.size,
            "sha256": self.sha256,
        }


class Folders:
    """One stream, which is a folder below the root. `title` is the path in the payload that folders are named by."""

    schema = PAYLOAD
    later = LATER[ANY]

    def __init__(self, place: Place, stream: str, title: Sequence[str]) -> None:
        self._place = place
        self._stream = stream
        self._title = title

    def check(self, payload: Fields) -> None:
        """Raise RejectedError if this payload cannot be written as JSON."""
        encode_json(payload)

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Make the document's folder hold exactly this delivery. Return its path below the root.

        Everything is written aside first, so that a fault of the source leaves the folder as it was.
        """
        self.check(delivery.payload)
        marker = f"gw-{delivery_marker(delivery.key)}"
        folder = delivery.replaces or await self._folder(marker, delivery.payload, journal)

        async def write() -> str:
            async with self._place.staging(self._stream, marker) as staging:
                staged = [one async for one in self._stage(staging, delivery.files)]
                sidecar = await self._sidecar(staging, delivery, staged)
                before = await self._listed(folder)
                now = [one.name for one in staged]
                given = set(journal.results(_PUBLISHED).get(_PUBLISHED, "").split())
                await journal.record(_PUBLISHED, _prints(journal, now, given))
                for one in staged:
                    await self._place.publish(one.path, f"{folder}/{one.name}")
                await self._place.publish(sidecar, f"{folder}/{SIDECAR}")
            if unlisted := given.difference(_prints(journal, [*before, *now]).split()):
                there = await self._place.beginning(folder, "")
                before += [name for name in there if journal.fingerprint(name) in unlisted]
            kept = {same(name) for name in now}
            for name in before:
                if same(name) not in kept:
                    await self._place.remove(f"{folder}/{name}")
            await self._place.settle(folder)
            await journal.record(_PUBLISHED, _prints(journal, now))
            return folder

        # Done again after a crash it ends with the same files under the same names: that is how it is looked for.
        await journal.forget(_WRITTEN)
        return await journal.once(_WRITTEN, write, write)

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:  # noqa: ARG002 -- part of the contract
        """Say that the document is there as long as its sidecar is."""
        if await self._place.read(f"{external_id}/{SIDECAR}") is not None:
            return Outcome(State.ACCEPTED)
        return Outcome(State.GONE, f"its {SIDECAR} is not there any more", sure=False)

    async def dropped(self) -> AsyncIterator[str]:
        """List nothing: whether a folder is still there is only known by looking at it."""
        return
        yield

    async def _folder(self, marker: str, payload: Fields, journal: Journal) -> str:
        """Choose the folder once. Its title stays what it was when the document first came."""

        async def choose() -> str:
            value: object = payload
            for name in self._title:
                value = cast("Fields", value).get(name) if isinstance(value, dict) else None
            words = safe(str(value), "") if isinstance(value, str | int) else ""
            title = words.replace(" ", "_")[:_TITLE_LENGTH].rstrip("_.")
            return f"{self._stream}/{marker}{f'_{title}' if title else ''}"

        async def find() -> str | None:
            there = await self._place.beginning(self._stream, marker)
            return f"{self._stream}/{there[0]}" if there else None

        return await journal.once("folder", choose, find)

    async def _stage(self, staging: Path, files: Sequence[Attachment]) -> AsyncIterator[_Staged]:
        taken = {same(SIDECAR)}
        for number, attachment in enumerate(files):
            async with opened(attachment) as upload:
                path = staging / str(number)
                size, sha256 = await self._save(path, upload.chunks())
                name = distinct(ended(safe(upload.name), upload.media_type), taken)
                taken.add(same(name))
                yield _Staged(path, name, upload.name, upload.media_type, size, sha256)

    async def _save(self, path: Path, chunks: AsyncIterator[bytes]) -> tuple[int, str]:
        """Write a file as it arrives. Return its size in bytes and its SHA-256."""
        digest, size = hashlib.sha256(), 0
        with explained(self._place.name):
            file: IO[bytes] = await asyncio.to_thread(path.open, "xb")
        try:
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                with explained(self._place.name):
                    await asyncio.to_thread(file.write, chunk)
            with explained(self._place.name):
                await asyncio.to_thread(file.flush)
        except TransientError as error:
            # Nothing has been published yet, whatever went wrong.
            raise TransientError(str(error), connection=error.connection, arrived="no") from error
        finally:
            with explained(self._place.name):
                await asyncio.to_thread(file.close)
        return size, digest.hexdigest()

    async def _sidecar(self, staging: Path, delivery: Delivery, staged: Sequence[_Staged]) -> Path:
        """Write the sidecar. There is nothing in it that changes from one attempt to the next, no time for example."""
        content = {"key": delivery.key, "payload": delivery.payload, "files": [one.told for one in staged]}
        path = staging / SIDECAR
        with explained(self._place.name):
            await asyncio.to_thread(path.write_bytes, msgspec.json.format(encode_json(content), indent=2) + b"\n")
        return path

    async def _listed(self, folder: str) -> list[str]:
        """Return the names that the present sidecar lists; only those are ours to remove."""
        text = await self._place.read(f"{folder}/{SIDECAR}")
        try:
            files = cast("dict[str, list[Fields]]", decode_json(text or b'{"files": []}'))["files"]
            names = [str(one["name"]) for one in files]
        except (ValueError, KeyError, TypeError):
            return []  # not one of ours any more: what it lists is not known
        return [name for name in names if name == safe(name, "") and same(name) != same(SIDECAR)]


def _prints(journal: Journal, names: Sequence[str], others: Iterable[str] = ()) -> str:
    """Return the names' fingerprints, and others, as one text: a file's name is a value of its document."""
    return " ".join(sorted({*map(journal.fingerprint, names), *others}))
