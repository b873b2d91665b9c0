"""The looks at the far end as one run sees them: which deliveries are due for one, and what it answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state import collecting
from state import statements as sql
from state.claims import due_looks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from state.claims import Claims
    from state.lease import Lease
    from state.records import Transfer
    from state.writer import Line, Writer


class Following:
    """What became of deliveries at the far end. Writes return once they are on the disk, and fail as the run's do."""

    def __init__(self, run_id: str, lease: Lease, writer: Writer, claims: Claims) -> None:
        self._run_id = run_id
        self._route = lease.route
        self._lease = lease
        self._writer = writer
        self._claims = claims

    async def claim(self, limit: int, now: datetime) -> list[Transfer]:
        """Claim up to `limit` delivered or confirmed transfers whose `follow_at` has come, until `answered`."""
        return await self._claims.transfers(due_looks(self._route, now), limit)

    async def answered(  # noqa: PLR0913 -- one row's facts, all named
        self,
        transfer_id: int,
        *,
        follow_at: datetime | None,
        at: datetime,
        status: str | None = None,
        event: str | None = None,
        detail: str | None = None,
        tell: Sequence[tuple[str, str | None]] = (),
        reason: str | None = None,
        due_at: datetime | None = None,
        standing: str | None = None,
    ) -> None:
        """Write down what the far end answered; `status`, `reason` and `standing` None keep the old ones.

        `tell` are the outcomes that the source is owed, in their order, each with its reason. A status of pending needs `due_at` and makes the next push send everything. A transfer that became pending in the meantime stays so.
        """
        values: dict[str, object] = {
            "this": transfer_id,
            "to_status": status,
            "to_due": due_at,
            "to_reason": reason,
            "to_follow": follow_at,
            "to_standing": standing,
        }
        lines: list[Line] = [(sql.FOLLOWED, values)]
        if event is not None:
            words = detail if detail is not None else reason
            lines.append(
                (
                    sql.EVENT,
                    {"transfer_id": transfer_id, "at": at, "run_id": self._run_id, "kind": event, "detail": words},
                )
            )
        lines += [(sql.OWE, {"this": transfer_id, "what": what, "why": why, "now": at}) for what, why in tell]
        await self._writer.lines(lines, self._lease)

    async def look_now(self, external_ids: Sequence[str], at: datetime) -> int:
        """Have the far end asked about these ids of its own; return how many of them are known and still there."""
        return await self._writer.call(
            lambda connection: collecting.follow_now(connection, self._route, external_ids, at), self._lease
        )
