"""Whether a run still holds its lease, for whoever is about to do something that cannot be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state.lease import steadily

if TYPE_CHECKING:
    from state.lease import Lease
    from state.writer import Writer


class Hold:
    """A run's hold on its lease. Implements `connectors.fence.Hold`."""

    def __init__(self, lease: Lease, writer: Writer) -> None:
        self._lease = lease
        self._writer = writer

    def stands(self) -> bool:
        """Say, without asking, whether the lease is certainly ours for some time yet. Any thread may call this."""
        return self._lease.holds()

    async def prove(self) -> None:
        """Return once the lease is proven to be ours, and renewed.

        Raises LeaseLostError if it was taken away, StateError if the database does not answer.
        """
        asked = steadily()
        await self._writer.call(self._lease.renew, self._lease)
        self._lease.proven(asked)
