"""From Hypatos to DocuMine: every file lies in one dossier, uploaded once, and that dossier is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.documine.sandbox import DocumineSandbox, Switches
from tests.flows.crossings.crossing import Crossing, Held
from tests.flows.crossings.hypatos_queue import ENDING, HypatosQueue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.findings import Findings

DOSSIER = "From Hypatos"
ROUTE = """
source: hypatos.documents
destination: documine.files
files: all
fields:
  name: {from: entities.supplier.name, required: true}
  dossier: {value: From Hypatos}
"""


class Dossiers:
    """The workspace, which has its template and its dossiers but not ours."""

    on_disk = False
    whole = False

    def __init__(self, near: HypatosQueue) -> None:
        self._near = near
        self.app = DocumineSandbox(0, 7, Switches(step=0.0, taken_name="201"))
        self.apps = {"documine": self.app}
        self._before: list[str] = []

    def begin(self, _folder: Path) -> dict[str, str]:
        """Start over with a fresh workspace."""
        self.app.reset()
        self._before = self._dossiers()
        return {}

    def held(self) -> dict[str, Held]:
        """Return the files by the document whose bytes they have, each as often as it was uploaded."""
        found: dict[str, Held] = {}
        shown: Any = self.app.state()["documents"]
        for id_, one in shown.items():
            held = found.setdefault(self._near.owners.get(one["sha256"], ""), Held())
            if one["sha256"] in self._near.mains and not held.id:
                held.id = id_
            where = f"{one['dossier']}{' (trash)' if one['trashed'] else ''}"
            held.shows += [f"{one['sha256'][:8]} in {where}"] * one["uploads"]
        return found

    def wanted(self, document_id: str) -> list[str]:
        """Return each file in our dossier."""
        return [f"{sha256[:8]} in {DOSSIER}" for _, sha256 in self._near.files[document_id]]

    def audit(self, found: Findings) -> None:
        """Check that our dossier was made once and no other, and nothing was taken for attributes."""
        found.compare("dossiers", [*self._before, DOSSIER], self._dossiers())
        found.wrong += [f"attributes were read from {name}" for name in self.app.store.attributes]

    def _dossiers(self) -> list[str]:
        return [one.name for one in self.app.store.dossiers.values()]


def to_documine() -> Crossing:
    """Make the crossing."""
    near = HypatosQueue()
    return Crossing("to_documine", ROUTE + ENDING, near, Dossiers(near))
