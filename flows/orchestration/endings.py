"""How a run that has ended looks in Prefect: one state for each exit code that `docferry run` would have had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect.states import Cancelled, Completed, Failed

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

STOPPED, INTERRUPTED = 3, 130


def state_of(exit_code: int, words: str, data: object = None) -> State[object]:
    """Return the state: *Completed* if nothing is open, *NeedsAttention* if something is, else *Failed* or *Cancelled*."""
    if exit_code == INTERRUPTED:
        return Cancelled(message=words, data=data)
    if exit_code == STOPPED:
        return Failed(message=words, data=data)
    return Completed(name="NeedsAttention" if exit_code else "Completed", message=words, data=data)
