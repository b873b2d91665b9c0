"""Where a Contract.fit document stands. The provider has no such field: it follows from flags, states and times."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from connectors.contractfit import models

if TYPE_CHECKING:
    from connectors.contract import Fields


class Status(StrEnum):
    """The derived status. The first one whose condition holds, in this order, is the document's."""

    REJECTED = "rejected"
    DONE = "done"
    SUBMITTED = "submitted"
    RECEIVING = "receiving"
    PROCESSING = "processing"
    FAILED = "failed"
    ESCALATED = "escalated"
    TO_REVIEW = "to_review"
    PROCESSED = "processed"


WORKING = frozenset({Status.RECEIVING, Status.PROCESSING})
OPEN = frozenset({*WORKING, Status.ESCALATED, Status.TO_REVIEW, Status.PROCESSED, Status.SUBMITTED})
"""What a document may be in and still get further by itself or by a person."""


def status_of(fields: Fields) -> Status:
    """Return the status of a document with plain spellings."""
    flags, timings = models.part(fields, "status_data"), models.part(fields, "timings")
    started, done = bool(timings.get("start_time")), bool(timings.get("done_time"))
    holds = {
        Status.REJECTED: models.switched(fields, "reject"),
        Status.DONE: flags.get("feedback") is True,
        Status.SUBMITTED: _submitted(fields),
        Status.RECEIVING: not done and not started,
        Status.PROCESSING: not done,
        Status.FAILED: flags.get("success") is False,
        Status.ESCALATED: models.switched(fields, "escalate"),
        Status.TO_REVIEW: fields.get("flag_for_review") is True,
    }
    return next((status for status, condition in holds.items() if condition), Status.PROCESSED)


def archived(fields: Fields) -> bool:
    """Say whether the source files were removed. That is no status: the data stays readable."""
    return models.part(fields, "status_data").get("archived") is True


def _submitted(fields: Fields) -> bool:
    state = models.part(fields, "submitted")
    if isinstance(state.get("value", state.get("status")), bool):
        return models.switched(fields, "submitted")
    # where no state object is shown, the time tells
    return models.switched(fields, "submitted") or bool(models.part(fields, "timings").get("submit_time"))
