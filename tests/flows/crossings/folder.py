"""From Hypatos to a folder on a disk: one folder for each document, with its files and the sidecar that lists them."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.flows.crossings.crossing import Crossing, Held
from tests.flows.crossings.hypatos_queue import ENDING, HypatosQueue

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.sandbox_app import SandboxApp
    from tests.flows.findings import Findings

SIDECAR = "document.json"
ROUTE = """
source: hypatos.documents
destination: archive.invoices
files: all
fields:
  title: {from: entities.supplier.name, required: true}
  number: entities.number
  amount: {from: entities.totalAmount, type: decimal}
"""


class Archive:
    """An empty folder for each trial. What its processes do on the disk has points too."""

    on_disk = True
    whole = True
    apps: dict[str, SandboxApp] = {}

    def __init__(self, near: HypatosQueue) -> None:
        self._near = near

    def begin(self, folder: Path) -> dict[str, str]:
        """Start over with an empty folder."""
        self.root = folder / "archive"
        self.root.mkdir()
        return {"ARCHIVE_PROVIDER": "folder", "ARCHIVE_URL": str(self.root)}

    def held(self) -> dict[str, Held]:
        """Return folders by the document whose key their sidecar tells; one without a sidecar is nobody's (yet)."""
        found: dict[str, Held] = {}
        for place in self.root.glob("invoices/[!.]*"):
            names = [file.name for file in place.iterdir()] if place.is_dir() else []
            told = json.loads((place / SIDECAR).read_text(), parse_float=Decimal) if SIDECAR in names else {}
            route, _, document_id = told.get("key", "").partition(":")
            held = found.setdefault(document_id if route == "to_archive" else "", Held())
            held.id = str(place.relative_to(self.root))
            if not told:
                held.shows.append(f"{place.name} without its {SIDECAR}")
                continue
            held.shows += [f"{name} {value}" for name, value in told["payload"].items()]
            held.shows += [f"listed {one['name']} {one['sha256'][:8]}" for one in told["files"]]
            held.shows += [_there(place / name) for name in names if name != SIDECAR]
        return found

    def wanted(self, document_id: str) -> list[str]:
        """Return the payload, and each file as it is listed and as it lies there."""
        entities = self._near.entities(document_id)
        payload = {
            "title": entities["supplier"]["name"], "number": entities["number"], "amount": entities["totalAmount"],
        }  # fmt: skip
        names = [(_safe(str(file.name)), sha256[:8]) for file, sha256 in self._near.files[document_id]]
        return [
            *(f"{name} {value}" for name, value in payload.items()),
            *(f"{how} {name} {sha256}" for name, sha256 in names for how in ("listed", "there")),
        ]

    def audit(self, found: Findings) -> None:
        """Check that nothing lies beside the stream's folder, and that no half-written files are left in it."""
        found.compare("archive", ["invoices"], (place.name for place in self.root.iterdir()))
        found.wrong += [f"{place.name} is left over" for place in self.root.glob("invoices/.*")]


def _safe(name: str) -> str:
    stem = " ".join(name.removesuffix(".pdf").replace("/", " ").replace('"', " ").split())
    return f"{stem}.pdf"


def _there(path: Path) -> str:
    return f"there {path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


def to_folder() -> Crossing:
    """Make the crossing."""
    near = HypatosQueue()
    return Crossing("to_archive", ROUTE + ENDING, near, Archive(near))
