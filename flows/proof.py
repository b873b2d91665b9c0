"""Whether the readings of one run have shown all there is, and what tells a document that is hidden from one that has moved.

A list that moves while it is read may show fewer documents than it states, and the next reading shows another number.
What hides documents goes on hiding them: a difference that is the same in one reading after the other is no movement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import AccessError, GoneError, RejectedError, TransientError
from connectors.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Collection

    from flows.context import Context
    from flows.marks import Marks

ALIKE = 2
"""So many readings after one another that lack the same as the one before: what they lack is hidden."""
READINGS = 12
"""How often at most a list is read in one run because something was lacking."""
SAMPLE = 20
"""How many documents are asked for by their id, in one reading, that the ledger knows and no page has shown."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Lack:
    """What a reading did not show. `total` and `seen` count documents; `doubts` are sentences."""

    total: int | None = None
    seen: int = 0
    doubts: frozenset[str] = frozenset()

    @property
    def hidden(self) -> int:
        """How many documents the source states beyond those it showed. One that showed more has seen some leave."""
        return max(0, (self.total or 0) - self.seen)

    @property
    def nothing(self) -> bool:
        """Whether all was shown, as far as anybody says."""
        return not (self.hidden or self.doubts)


@dataclass(slots=True)
class Proof:
    """What the readings of a run have lacked so far."""

    lacks: Lack = field(default_factory=Lack)
    _first: int | None = None  # the total that the first reading stated
    _readings: int = 0
    _alike: int = 0

    def counts_out(self, total: int | None, drained: int) -> bool:
        """Say whether a total leaves out all documents that we have taken off the list (`drained`: how many) since the first.

        Then those of them that a page shows all the same are an old page, and stand in the place of what it states.
        """
        if self._first is None:
            self._first = total
        return drained > 0 and total is not None and self._first is not None and total <= self._first - drained

    def read_again(self, lack: Lack, *, news: bool) -> bool:
        """Take in a reading; say whether another one may show more. `news`: it has shown what no earlier one did."""
        before, self.lacks = self.lacks, lack
        if lack.nothing:
            self._readings = self._alike = 0
            return False
        alike = (lack.hidden, lack.doubts) == (before.hidden, before.doubts) and not news
        self._alike = self._alike + 1 if alike else 0
        self._readings += 1
        return self._alike < ALIKE and self._readings < READINGS

    def words(self, source: str) -> str | None:
        """Say what the last readings lacked, None if nothing."""
        if self.lacks.nothing:
            return None
        said = sorted(self.lacks.doubts)
        if self.lacks.hidden:
            said.insert(0, f"it says that it lists {self.lacks.total} documents and has shown {self.lacks.seen}")
        what = f"{source} does not show all of its list: {'; '.join(said)}, in {self._readings} readings"
        if self._alike < ALIKE:
            return f"{what}, and the list moved in each; the next run reads it again"
        return f"{what}; what was shown is carried, what is hidden cannot be, so ask the provider for it"


async def hidden(context: Context, seen: Marks, still: Collection[str]) -> str | None:
    """Ask for what the ledger knows and a listing of everything has not shown; say what is there all the same.

    `seen` marks transfers, `still` has the ids of what was shown without being news. What turns out to be gone, or not ready, is remembered as that.
    """
    proving = context.run.proving
    there: list[str] = []
    gone: list[int] = []
    known = await proving.unlisted(lambda one: bool(seen[one]), SAMPLE + len(still))
    for id_, document_id in [one for one in known if one[1] not in still][:SAMPLE]:
        try:
            document = await context.open.source.fetch(document_id)
        except (GoneError, RejectedError):
            gone.append(id_)
        except (TransientError, AccessError):
            continue  # that says nothing; the next reading asks again
        else:
            if document.not_ready is None:
                there.append(document_id)
            else:
                gone.append(id_)
    if gone:
        await proving.not_there(gone, datetime.now(UTC))
    if not there:
        return None
    more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
    return mask(f"document {', '.join(sorted(there)[:_NAMED])}{more} can be read and is in no list")
