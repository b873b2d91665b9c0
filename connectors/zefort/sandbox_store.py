"""Everything the Zefort sandbox holds, and the way of a contract through the queue and the AI."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.zefort.sandbox_records import NOVEL_STATUS, Contract, Esign, Link, Named, Party, StoredFile

if TYPE_CHECKING:
    from connectors.sandbox_clock import Clock
    from connectors.zefort.sandbox_switches import Switches


@dataclass(slots=True)
class Store:
    """Everything, and the way of a contract through queue and AI. `version` moves whenever a list may have changed."""

    switches: Switches
    clock: Clock
    contracts: dict[str, Contract] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)
    tags: dict[str, Named] = field(default_factory=dict)
    binders: dict[str, Named] = field(default_factory=dict)
    documents: dict[str, tuple[Contract, StoredFile]] = field(default_factory=dict)
    esigns: dict[str, Esign] = field(default_factory=dict)
    by_digest: dict[str, list[Contract]] = field(default_factory=dict)
    purged: int = 0
    version: int = 0

    def new_id(self, prefix: str) -> str:
        """Return an opaque id with the provider's prefix."""
        return f"{prefix}_{secrets.token_urlsafe(12)}"

    def create(self, attributes: dict[str, object], skip: list[str], binders: list[Named]) -> Contract:
        """Take in a contract; without a file it goes straight to review."""
        now = self.clock.now()
        contract = Contract(self.new_id("ct"), now, "review", now, attributes, skip)
        self.contracts[contract.id] = contract
        for binder in binders:
            self.put_in(contract, binder)
        self.clock.after(self.switches.index_lag, lambda: self._list(contract))
        return contract

    def add_file(self, contract: Contract, file: StoredFile) -> None:
        """Add a file; the first one is the cover document and starts the AI."""
        contract.files.append(file)
        self.documents[file.id] = (contract, file)
        self.touch(contract)
        if contract.files[0] is file:
            self.by_digest.setdefault(file.sha256, []).append(contract)
            self._start(contract)

    def drop_file(self, contract: Contract, file: StoredFile) -> None:
        """Delete a file; the next one becomes the cover document."""
        if contract.files[0] is file:
            self.by_digest[file.sha256].remove(contract)
            if len(contract.files) > 1:
                self.by_digest.setdefault(contract.files[1].sha256, []).append(contract)
        contract.files.remove(file)
        del self.documents[file.id]
        self.touch(contract)

    def purge(self, contract: Contract) -> None:
        """Let a contract vanish for good, as only a person may."""
        for file in list(contract.files):
            self.drop_file(contract, file)
        for holder in (*contract.tags, *(binder for binder, _ in contract.binders)):
            holder.contracts.pop(contract.id, None)
        del self.contracts[contract.id]
        self.version += 1

    def put_in(self, contract: Contract, binder: Named) -> None:
        """Put a contract into a binder, once."""
        if contract.id not in binder.contracts:
            binder.contracts[contract.id] = None
            contract.binders.append((binder, self.clock.now()))
            self.touch(contract)

    def tag(self, contract: Contract, tag: Named) -> None:
        """Tag a contract, once."""
        if contract.id not in tag.contracts:
            tag.contracts[contract.id] = None
            contract.tags.append(tag)
            self.touch_beside(contract)

    def touch(self, contract: Contract) -> None:
        """Note that something about a contract has changed."""
        contract.modified = self.clock.now()
        self.version += 1

    def touch_beside(self, contract: Contract) -> None:
        """Note that something that hangs on a contract has changed: a note, a tag, a signing request."""
        if self.switches.beside_moves_modified:
            contract.modified = self.clock.now()
        self.version += 1

    def incomplete(self, attributes: dict[str, object]) -> bool:
        """Say whether a mandatory attribute is missing."""
        return any(attributes.get(name) in (None, "") for name in self.switches.mandatory)

    def _list(self, contract: Contract) -> None:
        contract.listed = True
        self.version += 1

    def _start(self, contract: Contract) -> None:
        contract.status = "queued"
        contract.round += 1
        this = contract.round
        self.clock.after(self.switches.queued, lambda: self._proceed(contract, this, "processing"))
        self.clock.after(self.switches.queued + self.switches.processing, lambda: self._finish(contract, this))

    def _proceed(self, contract: Contract, this: int, status: str) -> None:
        if contract.round == this and contract.status in ("queued", "processing"):
            contract.status = status
            self.touch(contract)

    def _finish(self, contract: Contract, this: int) -> None:
        if contract.round != this or contract.status not in ("queued", "processing"):
            return
        cover = contract.files[0] if contract.files else None
        readable = cover is None or cover.media_type != "application/pdf" or cover.looks_like_pdf
        end: str = self.switches.ends_in if readable else "error"
        if end == "review" and self.switches.novelties and len(self.contracts) % 3 == 0:
            end = NOVEL_STATUS
        if cover is not None:
            others = (other for other in self.by_digest.get(cover.sha256, ()) if other is not contract)
            contract.duplicates = [other.id for other in others if not other.trashed]
        if end in ("review", NOVEL_STATUS):
            contract.ai_done = self.clock.now()
            if self.switches.ai and cover is not None:
                self._fill(contract, cover)
        self._proceed(contract, this, end)

    def _fill(self, contract: Contract, cover: StoredFile) -> None:
        """Do what the AI does to every field it was not told to leave alone."""
        guesses: dict[str, object] = {
            "title": f"AI: {cover.name}",
            "effective_date": "2019-01-01",
            "end_date": "2029-12-31",
            "signed_date": "2019-01-02",
            "main_language": "fi",
        }
        contract.attributes.update((name, value) for name, value in guesses.items() if name not in contract.skip)
        if "parties" not in contract.skip:
            party = Party(self.new_id("pty"), {"name": "Machine Reading Oy"})
            self.parties[party.id] = party
            contract.parties.append(Link(party, None, by_ai=True))
        if "taggings" not in contract.skip:
            found = next((tag for tag in self.tags.values() if tag.name == "guessed"), None)
            if found is None:
                found = Named(self.new_id("tag"), "guessed")
                self.tags[found.id] = found
            self.tag(contract, found)
