"""The other routes as they are shipped. Their books are the picture that an undisturbed run leaves at both ends.

What is told apart is content: ids, marks and moments differ from run to run and are left out of the picture.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tests.flows.findings import Findings
from tests.flows.pairs import PROJECT, sandboxes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

ROUTES = (
    "contractfit_to_zefort", "documine_to_zefort", "hypatos_to_contractfit", "zefort_to_documine",
    "zefort_to_hypatos_master_data",
)  # fmt: skip
_OTHER_EACH_TIME = re.compile(
    r"\b(?:ct|doc|pty|tag|bnd|note|act)_[\w-]{16}|\b[0-9a-f]{24}\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|gw-[0-9a-f]{16}(?:-[0-9a-f]{8})?|\d{4}-\d\d-\d\dT[\d:.]+Z?"
)
_LEFT_OUT = {
    "requests", "tokens", "counts", "count", "by_inbox", "received", "started", "done", "size", "created", "modified",
    "components",
    "packages", "packages_made",  # downloads that DocuMine packs: whoever dies before his is there has another one packed
    "times",  # how often a record of Hypatos' master data was written: nobody can look, so it is written once more in doubt
}  # fmt: skip
LEAST = 3
"""So many documents at least arrive."""


class Shipped:
    """One of these routes."""

    on_disk = False

    def __init__(self, route: str) -> None:
        self.route = route
        self.source, _, destination = route.partition("_to_")
        destination = destination.partition("_")[0]
        everything = sandboxes()
        self.apps = {name: everything[name] for name in (self.source, destination)}
        self._near, self._far = self.apps[self.source], self.apps[destination]
        self._before: dict[str, str] = {}
        self._ids: list[str] = []
        self._bytes: dict[str, str] = {}
        """What files of Zefort contracts are, whose ids stand in them, by their digests."""
        self._picture: Counter[str] = Counter()
        self._arriving: set[int] = set()

    def begin(self, _folder: Path) -> dict[str, str]:
        """Start over with fresh accounts."""
        for name, app in self.apps.items():
            app.reset()
            if name == "zefort" and app is self._near:
                app.act({"fill": 8})
        self._before = self._shown()
        self._ids = list(self._before)
        contracts: Any = self._near.state().get("contracts", {})
        self._bytes = {
            file["sha256"]: f"the bytes of {one['attributes']['title']}, {file['name']}"
            for one in contracts.values()
            for file in one["files"]
        }
        return {"HYPATOS_PROJECTS": PROJECT} | {f"{name}_POLL_SECONDS".upper(): "0.01" for name in self.apps}

    def before(self, _folder: Path) -> Sequence[dict[str, str]]:
        """Return nothing: no run comes before the one that is disturbed."""
        return ()

    def told(self) -> set[str]:
        """Return the documents that look different since something was told about them."""
        return {one for one, shown in self._shown().items() if shown != self._before.get(one)}

    def lacking(self) -> dict[str, list[str]]:
        """Say by document that nothing of it is at the far end, of those of which there has to be something."""
        there = json.dumps(self._far.state(), default=str)
        return {
            one: [f"document {one}: nothing of it is there"]
            for place, one in enumerate(self._ids)
            if place in self._arriving and not all(mark in there for mark in self._marks(one))
        }

    def halves(self) -> list[str]:
        """Return nothing: none of these destinations takes a document in one call."""
        return []

    def audit(self) -> Findings:
        """Compare both ends with what an undisturbed run leaves. The first audit is that of such a run."""
        found, picture = Findings(), Counter(self._pictured())
        if not self._picture:
            there = json.dumps(self._far.state(), default=str)
            self._picture = picture
            self._arriving = {
                place for place, one in enumerate(self._ids) if all(mark in there for mark in self._marks(one))
            }
            if len(self._arriving) < LEAST:
                found.wrong.append(f"only {len(self._arriving)} documents arrive when nobody disturbs the run")
        found.compare("picture", self._picture.elements(), picture.elements())
        return found

    def _marks(self, document_id: str) -> list[str]:
        """Return what the far end shows of a document that has arrived."""
        if not self.route.endswith("master_data"):
            return [hashlib.sha256(f"{self.route}:{document_id}".encode()).hexdigest()[:16]]
        contract: Any = self._near.state()["contracts"]
        parties = [one for one in contract[document_id]["parties"] if one["role"] == "supplier"]
        ids = [(one.get("external_id") or one["id"]).strip().replace(" ", "_") for one in parties]
        return [json.dumps({"externalId": one})[1:-1] for one in ids] or ["no supplier"]

    def _shown(self) -> dict[str, str]:
        state: Any = self._near.state()
        return {
            one: json.dumps(shown, default=str) for one, shown in state.get("contracts", state.get("documents")).items()
        }

    def _pictured(self) -> list[str]:
        """Return every record at both ends as text, by its kind."""
        lines = []
        for name, app in self.apps.items():
            for kind, records in app.state().items():
                if kind not in _LEFT_OUT:
                    some = list(records.values()) if isinstance(records, dict) else [records]
                    lines += [f"{name} {kind} {self._plain(one)}" for one in some]
        return lines

    def _plain(self, value: object) -> str:
        """Write a value in one form, whatever the order of what is in it."""
        if isinstance(value, dict):
            parts = (f"{self._plain(key)}: {self._plain(one)}" for key, one in value.items() if key not in _LEFT_OUT)
            return "{" + ", ".join(sorted(parts)) + "}"
        if isinstance(value, list | tuple | set):
            return "[" + ", ".join(sorted(self._plain(one) for one in value)) + "]"
        return _OTHER_EACH_TIME.sub("#", self._bytes.get(str(value), str(value)))


SHIPPED: Mapping[str, Callable[[], Shipped]] = MappingProxyType({route: partial(Shipped, route) for route in ROUTES})
"""Each of them, by the route's name."""
