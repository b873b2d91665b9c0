"""A route from a source that fails every fifth acknowledgement to an archive where people change their minds later."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from connectors.example.sandbox import ExampleSandbox, Switches
from connectors.sandbox_faults import Fault
from tests.flows.findings import Findings
from tests.flows.outbox.hearing import Message, Ways, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from connectors.example.sandbox_store import Stored
    from connectors.sandbox_app import SandboxApp
    from tests.flows.outbox.sources import Ear

FAILING = 0.2
"""The part of all acknowledging calls that fails, in one of the ways below."""
FAULTS: Sequence[dict[str, Any]] = (
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 500, "act": True},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 409},
    {"kind": "drop"},
    {"kind": "act_then_drop"},
)
DESTINATION = "destination: archive.documents\nfiles: none\n"
_MESSAGES = """
SELECT outcome, answer, said FROM feedback JOIN transfer ON transfer.id = transfer_id
WHERE document_id = ? AND coalesce(answer, '') != 'superseded' ORDER BY seq
"""


class Deaf:
    """A world for trials (see tests.flows.killing.World). `seed` draws the faults of the next trial."""

    on_disk = False
    route = "to_archive"

    def __init__(self, ear: Callable[[], Ear]) -> None:
        self.ear = ear()
        self.archive = ExampleSandbox(0, 7, Switches())
        self.source = self.ear.name
        self.apps: dict[str, SandboxApp] = {self.ear.name: self.ear.app, "archive": self.archive}
        self.seed = 0
        self.failing = FAILING
        self.outcomes: dict[str, list[str]] = {}
        """The outcomes that each document's source must have been told, in their order."""

    def begin(self, folder: Path) -> dict[str, str]:
        """Start over; from now on acknowledgements fail."""
        self.ear.begin()
        self.archive.reset()
        became = {"delivered": ["delivered", "confirmed"], "rejected": ["rejected"], "nothing": []}
        self.outcomes = {id_: list(became[fate]) for id_, fate in self.ear.fates.items()}
        self._state = folder / ".docferry" / "state.db"
        self.strike()
        (folder / "routes").mkdir()
        (folder / "routes" / f"{self.route}.yaml").write_text(self.ear.route + DESTINATION, encoding="utf-8")
        quick = {f"{self.ear.name}_VERIFY_WITHIN".upper(): "0.3"}  # what was lost shows at once, or not at all
        return quick | {"DOCFERRY_MAPPINGS": str(folder / "routes"), "ARCHIVE_PROVIDER": "example"}

    def strike(self) -> None:
        """Let every fifth acknowledgement fail, each way as often as the others."""
        each = 1 - (1 - self.failing) ** (1 / len(FAULTS))
        draw = random.Random(self.seed)
        self.faults = [
            Fault(method=method, path=path, probability=each, seed=draw.randrange(1 << 30), **fault)
            for method, path in self.ear.calls
            for fault in FAULTS
        ]
        self.ear.app.shared.faults = list(self.faults)

    def before(self, _folder: Path) -> Sequence[dict[str, str]]:
        """Return nothing: no run comes before the one that is killed."""
        return ()

    def drop(self, share: random.Random) -> list[str]:
        """Have people at the archive drop half of what it holds, and time pass; return which documents those are."""
        dropped = [id_ for id_ in self.held() if share.random() < 0.5]
        for id_ in dropped:
            self.archive.act({"status": self.held()[id_].id, "to": share.choice(("trashed", "refused"))})
            self.outcomes[id_].append("withdrawn")
        self.pass_time()
        return dropped

    def restore(self, documents: Sequence[str]) -> None:
        """Have people at the archive take that back, and time pass."""
        for id_ in documents:
            self.archive.act({"status": self.held()[id_].id, "to": "ready"})
            self.outcomes[id_] += ["delivered", "confirmed"]
        self.pass_time()

    def pass_time(self) -> None:
        """Let the hour come in which the far end is asked again."""
        with closing(sqlite3.connect(self._state)) as state, state:
            state.execute("UPDATE transfer SET follow_at = delivered_at WHERE follow_at IS NOT NULL")

    def held(self) -> dict[str, Stored]:
        """Return what the archive holds, by the document at the source."""
        markers = {_marker(f"{self.route}:{id_}"): id_ for id_ in self.ear.fates}
        return {markers[str(one.reference)]: one for one in self.archive.store.documents.values()}

    def told(self) -> set[str]:
        """Return the documents about which the source has heard anything."""
        return {id_ for id_ in self.ear.fates if any(self.ear.heard(id_).values())}

    def lacking(self) -> dict[str, list[str]]:
        """Say by document what the archive does not hold (yet): telling the source now would be premature."""
        held = self.held()
        missing = [id_ for id_, fate in self.ear.fates.items() if fate == "delivered" and id_ not in held]
        return {id_: [f"document {id_} is not there"] for id_ in missing}

    def halves(self) -> list[str]:
        """Return nothing: a document is there or not."""
        return []

    def audit(self) -> Findings:
        """Compare what the source has heard with the outcomes."""
        found, held = Findings(), self.held()
        wanted = [id_ for id_, fate in self.ear.fates.items() if fate == "delivered"]
        found.compare("archive", wanted, list(held))
        if len(self.archive.store.documents) != len(held):
            found.doubled.append("the archive holds a document twice")
        with closing(sqlite3.connect(self._state)) as state:
            for id_ in self.ear.fates:
                messages = [Message(*row) for row in state.execute(_MESSAGES, (id_,))]
                outcomes = [one for one in self.outcomes.get(id_, []) if one in self.ear.means("")]
                if [one.outcome for one in messages] != outcomes:
                    found.wrong.append(f"document {id_} was owed {[one.outcome for one in messages]}, not {outcomes}")
                    continue
                means = self.ear.means(held[id_].id if id_ in held else "")
                ways = Ways(self.ear.heard(id_), self.ear.lasting, self.ear.replaced)
                compare(found, f"document {id_}", messages, means, ways)
        return found


def _marker(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
