"""One route between two ends for trials: what is served, what its processes are told, and what must come of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from tests.flows.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from connectors.sandbox_app import SandboxApp


class Held:
    """What an end holds of one document: the id that its source must be told, and everything that shows, each once."""

    def __init__(self, id_: str = "") -> None:
        self.id = id_
        self.shows: list[str] = []


class Near(Protocol):
    """The end that documents come from. Its books are made from the demo set alone."""

    name: str
    app: SandboxApp
    fates: Mapping[str, str]
    """What must become of each document: delivered, rejected, or nothing at all."""

    def begin(self) -> None:
        """Start over with a fresh account."""
        ...

    def told(self) -> set[str]:
        """Return the documents about which anything was told so far."""
        ...

    def audit(self, found: Findings, ids: Mapping[str, str]) -> None:
        """Check what was told: each message once, with these ids, and nothing that nobody asked for."""
        ...


class Far(Protocol):
    """The end that documents go to."""

    apps: Mapping[str, SandboxApp]
    on_disk: bool
    """Whether processes write files there themselves, so that this has points too."""
    whole: bool
    """Whether readers are promised that they see a document as a whole or not at all."""

    def begin(self, folder: Path) -> dict[str, str]:
        """Start over with nothing there; return the settings that only this trial has."""
        ...

    def held(self) -> dict[str, Held]:
        """Return what is there by document; what belongs to none stands under ""."""
        ...

    def wanted(self, document_id: str) -> Sequence[str]:
        """Return what a delivered document must show there, each once."""
        ...

    def audit(self, found: Findings) -> None:
        """Check what belongs to no document in particular."""
        ...


class Crossing:
    """A route of a few lines and its two ends. Every trial begins with fresh accounts and an empty far end."""

    def __init__(self, name: str, route: str, near: Near, far: Far) -> None:
        self.route = name
        self.source = near.name
        self.apps: dict[str, SandboxApp] = {near.name: near.app, **far.apps}
        self.on_disk = far.on_disk
        self.near, self.far = near, far
        self._text = route

    def begin(self, folder: Path) -> dict[str, str]:
        """Start over; return the settings that only this trial has."""
        self.near.begin()
        routes = folder / "routes"
        routes.mkdir()
        (routes / f"{self.route}.yaml").write_text(self._text, encoding="utf-8")
        return {"DOCFERRY_MAPPINGS": str(routes), **self.far.begin(folder)}

    def before(self, _folder: Path) -> Sequence[dict[str, str]]:
        """Return nothing: no run comes before the one that is killed."""
        return ()

    def told(self) -> set[str]:
        """Return the documents about which the source was told anything so far."""
        return self.near.told()

    def lacking(self) -> dict[str, list[str]]:
        """Say by document what the far end does not show (yet): telling the source now would be premature."""
        held = self.far.held()
        return {
            document_id: [f"document {document_id}: {one} is not there" for one in lacks]
            for document_id, fate in self.near.fates.items()
            if fate == "delivered" and (lacks := self._lacks(document_id, held.get(document_id, Held())))
        }

    def halves(self) -> list[str]:
        """Say what readers see half of now although they were promised not to."""
        held = self.far.held() if self.far.whole else {}
        lacking = self.lacking() if held else {}
        return [f"half seen, {words}" for document_id in held for words in lacking.get(document_id, ())]

    def audit(self) -> Findings:
        """Compare what both ends hold with what must be."""
        found, held = Findings(), self.far.held()
        found.wrong += [f"{one} belongs to no document" for one in held.pop("", Held()).shows]
        ids = {document_id: one.id for document_id, one in held.items()}
        for document_id, fate in self.near.fates.items():
            wanted = self.far.wanted(document_id) if fate == "delivered" else ()
            found.compare(f"document {document_id}", wanted, held.pop(document_id, Held()).shows)
        found.wrong += [f"document {document_id} is not of the demo set" for document_id in held]
        self.near.audit(found, ids)
        self.far.audit(found)
        return found

    def _lacks(self, document_id: str, held: Held) -> list[str]:
        return sorted(Counter(self.far.wanted(document_id)) - Counter(held.shows))
