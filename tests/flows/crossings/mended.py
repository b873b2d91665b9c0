"""The shipped route after a mistake in it was mended: what it refused is cured, what it sent is sent again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

import mappings
from tests.flows.books import ROUTE, Books
from tests.flows.crossings.zefort import ShippedToZefort

_SHIPPED = Path(cast("str", mappings.__file__)).parent
_MISTAKES = {
    '"{{ entities.supplier.name }} {{ entities.number }}"': '"{{ entities.number }}"',
    "from: entities.totalAmount, type": "from: \"entities.totalAmount if entities.documentType == 'invoice' else entities.number\", type",
}
"""Contracts of a wrong title; what is no invoice is refused."""


class MendedBooks(Books):
    """What must become of every document in the end: as if there had been no mistake, but for what was said because of it."""

    def acknowledged(self, document_id: str) -> tuple[tuple[str, ...], str]:
        """Return the messages about a document and the state it must be in."""
        kinds, state = super().acknowledged(document_id)
        if self.fates[document_id] != "delivered" or self.demo.kind(self.numbers[document_id])[0] == "invoice":
            return kinds, state
        return ("reject", *(kind for kind in kinds if kind != "transfer")), "rejected"


class MendedToZefort(ShippedToZefort):
    """`hypatos_to_zefort`, run once with the mistakes, and then without. Nothing of that first run is watched."""

    def __init__(self) -> None:
        super().__init__()
        self.books = MendedBooks(self.hypatos.store.demo)

    def begin(self, folder: Path) -> dict[str, str]:
        """Start over with fresh accounts."""
        return super().begin(folder) | {"DOCFERRY_MAPPINGS": str(_laid_out(folder / "mended", {}))}

    def before(self, folder: Path) -> list[dict[str, str]]:
        """Return what is other in the settings of the first run."""
        return [{"DOCFERRY_MAPPINGS": str(_laid_out(folder / "mistaken", _MISTAKES))}]

    def told(self) -> set[str]:
        """Return the documents that Hypatos takes for delivered."""
        return {record.id for record in self.hypatos.store.records.values() if record.external_id}

    def lacking(self) -> dict[str, list[str]]:
        """Say by document that it has no contract: in the first run it has one of a wrong title."""
        state = self.zefort.state()
        owned = self.books.owned(state)
        return {one: ["there is no contract"] for one in self.books.fates if one not in owned}


def _laid_out(folder: Path, changes: dict[str, str]) -> Path:
    shutil.copytree(_SHIPPED / "tables", folder / "tables")
    text = (_SHIPPED / f"{ROUTE}.yaml").read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / f"{ROUTE}.yaml").write_text(text + "\nresend: changed\n")
    return folder
