"""What a run is asked to carry: all that is due, or what a person has chosen, and that person's reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.keepable import WHY, keepable

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_REASON = 500
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What one run carries. Nothing chosen: what the source lists anew, and all that is due from earlier runs.

    `documents` are source ids: only these, due or not. `rejected`: only what was rejected or failed, with `since` only what
    met that at or after this instant (UTC). `sweep`: the source is listed from its beginning, with `since` from there on, and
    all that is new, changed or due is carried. `limit` is the most documents that are begun. `reason` is a person's word on
    why, kept with the run, as is `flow_run`, what an orchestrator calls it. Raises SettingsError for what cannot go together.
    """

    documents: tuple[str, ...] = ()
    rejected: bool = False
    sweep: bool = False
    since: datetime | None = None
    limit: int | None = None
    reason: str | None = None
    flow_run: str | None = None

    def __post_init__(self) -> None:
        # A script's variable that is not set; the ledger would know a document without an id for ever.
        if not all(name.strip() for name in self.documents):
            raise SettingsError("a document's id is empty; give its id at the source")
        if not all(map(keepable, self.documents)):
            raise SettingsError(f"a document was asked for by {WHY}; give its id at the source")
        chosen = [
            words
            for words, given in (
                ("single documents", bool(self.documents)),
                ("what was rejected", self.rejected),
                ("a full sweep", self.sweep),
            )
            if given
        ]
        if len(chosen) > 1:
            raise SettingsError(f"a run carries {' or '.join(chosen)}, not both; choose one")
        if self.since is not None and not (self.rejected or self.sweep):
            asked = "single documents have no date" if self.documents else "a date to begin from is not enough"
            raise SettingsError(
                f"{asked}: give it (--since) together with --sweep, to list the source from then on, or with --rejected, to try again "
                "what was rejected or failed since then"
            )

    @property
    def listing(self) -> bool:
        """Whether the source is listed: not where single documents are asked for."""
        return not (self.documents or self.rejected)

    def as_text(self) -> str | None:
        """Return what is kept with the run, as JSON; None for a run that nobody chose anything for."""
        chosen = {
            "documents": len(self.documents),
            "rejected": self.rejected,
            "sweep": self.sweep,
            "since": self.since.isoformat() if self.since else None,
            "limit": self.limit,
            "reason": self.why,
        }
        kept = {name: value for name, value in chosen.items() if value}
        return json.dumps(kept, ensure_ascii=False) if kept else None

    @property
    def why(self) -> str | None:
        """The reason as it is kept: in one line, secrets masked."""
        words = mask(" ".join((self.reason or "").split()))[:LONGEST_REASON]
        return words or None


ALL_DUE = Selection()


def as_asked(text: str | None) -> dict[str, object] | None:
    """Read what is kept with a run. What another release has written otherwise is shown as it stands."""
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"reason": text}


def in_words(text: str) -> str:
    """Say what was asked for and why, as `Selection.as_text` has kept it."""
    asked = as_asked(text) or {}
    count, since, limit, reason = (asked.get(name) for name in ("documents", "since", "limit", "reason"))
    words = []
    if count:
        words.append("1 document" if count == 1 else f"{count} documents")
    words += [name for name in ("rejected", "sweep") if asked.get(name)]
    words += [f"since {since}"] if since else []
    words += [f"at most {limit}"] if limit else []
    words += [f'"{reason}"'] if reason else []
    return ", ".join(words)
