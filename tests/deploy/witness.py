"""Stands at the source's door and looks, whenever a document is acknowledged, whether the far end holds all of it by then."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from connectors.zefort.sandbox_control import _shown
from tests.flows.books import ROUTE, Books
from tests.flows.findings import Findings

if TYPE_CHECKING:
    from connectors.hypatos.sandbox import HypatosSandbox
    from connectors.zefort.sandbox import ZefortSandbox

_MARKER = re.compile(r"gw-([0-9a-f]{16})")
_ID = re.compile(r"/documents/([^/]+)/")


class Witness(Books):
    """Keeps the books of a run while it goes on. It knows each contract by the marker in a file's name."""

    def __init__(self, hypatos: HypatosSandbox, zefort: ZefortSandbox) -> None:
        super().__init__(hypatos.store.demo)
        self.premature: list[str] = []
        """What was lacking when a document was acknowledged."""
        self.acknowledgements = 0
        self._zefort = zefort
        self._markers = {hashlib.sha256(f"{ROUTE}:{one}".encode()).hexdigest()[:16]: one for one in self.numbers}
        self._contracts: dict[str, str] = {}
        self._unknown: set[str] = set()
        self._seen = 0

    def prepare(self) -> None:
        """Work out all that must be, so that no request waits for it later."""
        assert len(self._digests) == self.demo.count
        assert len(self.fates) == self.demo.count

    def request(self, method: str, path: str) -> None:
        """Look at a request to the source before it takes effect."""
        named = _ID.search(path)
        if method == "GET" or named is None or named[1] not in self.numbers:
            return
        self.acknowledgements += 1
        document_id = named[1]
        if self.fates[document_id] != "delivered":
            return
        self._read()
        contract_id = self._contracts.get(document_id)
        if contract_id is None:
            self.premature.append(f"document {document_id}: there is no contract")
            return
        found = Findings()
        shown: Any = _shown(self._zefort.store.contracts[contract_id])
        self._contract(found, document_id, shown)
        self.premature += [*found.lost, *found.wrong]

    def _read(self) -> None:
        """Find out of which documents the contracts are that have come since, or had no marker yet."""
        contracts = self._zefort.store.contracts
        if len(contracts) > self._seen:
            self._unknown |= set(list(contracts)[self._seen :])
            self._seen = len(contracts)
        for contract_id in list(self._unknown):
            with suppress(KeyError, StopIteration):
                names = " ".join(file.name for file in contracts[contract_id].files)
                document_id = next(self._markers[one] for one in _MARKER.findall(names) if one in self._markers)
                self._contracts[document_id] = contract_id
                self._unknown.discard(contract_id)
