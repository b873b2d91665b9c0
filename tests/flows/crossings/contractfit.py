"""From Hypatos to Contract.fit: every file becomes one document of an inbox, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.contractfit.sandbox import ContractfitSandbox, Switches
from tests.flows.crossings.crossing import Crossing, Held
from tests.flows.crossings.hypatos_queue import ENDING, HypatosQueue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.findings import Findings

ROUTE = """
source: hypatos.documents
destination: contractfit.documents
files: all
fields:
  title: {template: "{{ entities.number }} {{ entities.supplier.name }}", required: true}
"""


class Inbox:
    """The account, which is empty at first."""

    on_disk = False
    whole = False

    def __init__(self, near: HypatosQueue) -> None:
        self._near = near
        self.app = ContractfitSandbox(0, 7, Switches(receiving=0.0, processing=0.0))
        self.apps = {"contractfit": self.app}

    def begin(self, _folder: Path) -> dict[str, str]:
        """Start over with an empty account."""
        self.app.reset()
        return {}

    def held(self) -> dict[str, Held]:
        """Return the documents by the one at the source whose bytes they have."""
        found: dict[str, Held] = {}
        shown: Any = self.app.state()["documents"]
        for id_, one in shown.items():
            owner = self._near.owners.get(one["sha256"], "")
            held = found.setdefault(owner, Held())
            main = one["sha256"] in self._near.mains
            held.id = id_ if main and not held.id else held.id
            rejected = " rejected" if one["states"]["reject"] else ""
            held.shows.append(f"{one['sha256'][:8]} in {one['inbox']}{rejected}")
            if main:
                held.shows.append(f"name {one['name'].partition(' [gw-')[0]}")
        return found

    def wanted(self, document_id: str) -> list[str]:
        """Return each file in the inbox of the settings, and the name of the main one."""
        entities = self._near.entities(document_id)
        title = _as_a_name(f"{entities['number']} {entities['supplier']['name']}")
        files = [f"{sha256[:8]} in {self.app.credentials['inbox']}" for _, sha256 in self._near.files[document_id]]
        return [*files, f"name {title}"]

    def audit(self, found: Findings) -> None:
        """Nothing else can be there."""


def _as_a_name(title: str) -> str:
    plain = "".join(" " if sign in '\\/:*?"<>|' else sign for sign in title)
    return " ".join(plain.split())[:50].strip(" .")


def to_contractfit() -> Crossing:
    """Make the crossing."""
    near = HypatosQueue()
    return Crossing("to_contractfit", ROUTE + ENDING, near, Inbox(near))
