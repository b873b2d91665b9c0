"""From Zefort to Hypatos: every file becomes one document, once, of which those of further files name the main one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.hypatos.sandbox import HypatosSandbox, Switches
from tests.flows.crossings.crossing import Crossing, Held
from tests.flows.crossings.zefort_shelf import ENDING, ZefortShelf

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.findings import Findings

ROUTE = """
source: zefort.contracts
destination: hypatos.documents
files: all
fields:
  project: {value: Verträge & Rahmenverträge}
  title: attributes.title
  external_data.contract: id
"""
PROJECT = "63e6663823b4c1f5287398b2"


class Account:
    """The account, which is empty at first."""

    on_disk = False
    whole = False

    def __init__(self, near: ZefortShelf) -> None:
        self._near = near
        self.app = HypatosSandbox(0, 7, Switches(quota=0, applied_after=0.0, processing=0.0))
        self.apps = {"hypatos": self.app}

    def begin(self, _folder: Path) -> dict[str, str]:
        """Start over with an empty account."""
        self.app.reset()
        return {}

    def held(self) -> dict[str, Held]:
        """Return the documents by the contract whose file they were made of.

        A stored file of which no document was made counts for nothing: Hypatos never shows it.
        """
        found: dict[str, Held] = {}
        shown: Any = self.app.state()["documents"]
        for id_, one in shown.items():
            owner = next((self._near.owners[sha256] for sha256 in one["sha256"] if sha256 in self._near.owners), "")
            held = found.setdefault(owner, Held())
            main = not self._near.mains.isdisjoint(one["sha256"])
            held.id = id_ if main and not held.id else held.id
            files = " ".join(sha256[:8] for sha256 in one["sha256"])
            held.shows.append(f"{files}, {one['accepted_state']}, in {one['project']}")
            held.shows.append(f"contract {one['external_data'].get('contract')}")
            held.shows += [f"title {one['title']}"] * main
            held.shows += [f"beside {one['external_data'].get('mainDocument')}"] * (not main)
        for held in found.values():  # which one that is, is not known beforehand
            held.shows = ["beside the main one" if one == f"beside {held.id}" else one for one in held.shows]
        return found

    def wanted(self, document_id: str) -> list[str]:
        """Return a document for each file, processed and in the project that the route names."""
        contract = self._near.contracts[document_id]
        files = [f"{file['sha256'][:8]}, extracted, in {PROJECT}" for file in contract["files"]]
        beside = ["beside the main one"] * (len(files) - 1)
        return [*files, *[f"contract {document_id}"] * len(files), f"title {contract['attributes']['title']}", *beside]

    def audit(self, found: Findings) -> None:
        """Nothing else can be there."""


def to_hypatos() -> Crossing:
    """Make the crossing."""
    near = ZefortShelf()
    return Crossing("to_hypatos", ROUTE + ENDING, near, Account(near))
