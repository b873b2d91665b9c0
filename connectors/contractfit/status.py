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

_SHOWN = frozenset({"flag_for_review", "submitted", "escalate"})
"""Null means not set in these; where they are absent they may be set all the same."""


def status_of(fields: Fields) -> Status:
    """Return the status of a document with plain spellings."""
    flags, timings = models.part(fields, "status_data"), models.part(fields, "timings")
    started, done = bool(timings.get("start_time")), bool(timings.get("done_time"))
    if not any(timings.values()):
        done = _has_result(fields)
    holds = {
        Status.REJECTED: models.switched(fields, "reject"),
        Status.DONE: flags.get("feedback") is True,
        Status.SUBMITTED: submitted(fields),
        Status.RECEIVING: not done and not started,
        Status.PROCESSING: not done,
        Status.FAILED: flags.get("success") is False,
        Status.ESCALATED: models.switched(fields, "escalate"),
        Status.TO_REVIEW: fields.get("flag_for_review") is True,
    }
    return next((status for status, condition in holds.items() if condition), Status.PROCESSED)


def tells(fields: Fields) -> bool:
    """Say whether a row of a listing shows where its document stands, and would show it if that changed.

    Only id, inbox, name and page count are promised; what is absent may come as an object full of nulls.
    """
    if models.switched(fields, "reject") or models.part(fields, "status_data").get("feedback") is True:
        return True
    timings, flags = models.part(fields, "timings"), models.part(fields, "status_data")
    started, done = timings.get("start_time"), timings.get("done_time")
    times = bool(done) or ("done_time" in timings and (bool(started) or bool(timings.get("receive_time"))))
    return times and any(value is not None for value in flags.values()) and fields.keys() >= _SHOWN


def unknown(fields: Fields) -> bool:
    """Say whether nothing at all shows how far the work on a document has come. It passes for `receiving` then."""
    return status_of(fields) is Status.RECEIVING and not any(models.part(fields, "timings").values())


def archived(fields: Fields) -> bool:
    """Say whether the source files were removed. That is no status: the data stays readable."""
    return models.part(fields, "status_data").get("archived") is True


def submitted(fields: Fields) -> bool:
    """Say whether a document is marked as submitted: its state tells, and where none is shown the time of it."""
    state = models.part(fields, "submitted")
    if isinstance(state.get("value", state.get("status")), bool):
        return models.switched(fields, "submitted")
    return models.switched(fields, "submitted") or bool(models.part(fields, "timings").get("submit_time"))


def _has_result(fields: Fields) -> bool:
    """Say whether there is a result: where no times are stated, that the work has ended shows by it."""
    flags = models.part(fields, "status_data")
    stored = flags.get("data") is True or any(models.part(fields, "prediction").values())
    return stored or isinstance(flags.get("success"), bool)
