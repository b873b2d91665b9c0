"""The writes that happen for every document, prepared once."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from state.dialect import upsert
from state.instants import Instant
from state.models import event, feedback, step, transfer
from state.texts import Text
from state.writer import Statement


def _upsert_step() -> Statement:
    row = upsert(step)
    finished = row.excluded.done_at.is_not(None)
    return Statement(
        "step",
        row.on_conflict_do_update(
            index_elements=["transfer_id", "name"],
            set_={
                # A result keeps the time of its intent; a new intent forgets the old result.
                "intent_at": case((finished, step.c.intent_at), else_=row.excluded.intent_at),
                "done_at": row.excluded.done_at,
                "result": row.excluded.result,
            },
        ),
    )


STEP = _upsert_step()
"""transfer_id, name, intent_at, done_at, result: both kinds of journal entry, so that a mixed group is one execution."""

EVENT = Statement("event", insert(event))
"""transfer_id, at, run_id, kind, detail."""

FEEDBACK_EVENT = Statement(
    "event",
    insert(event).from_select(
        ["transfer_id", "at", "run_id", "kind", "detail"],
        select(
            feedback.c.transfer_id,
            bindparam("now", type_=Instant()),
            bindparam("by", type_=Text()),
            bindparam("what", type_=Text()),
            bindparam("words", type_=Text()),
        ).where(feedback.c.id == bindparam("this", type_=Integer())),
    ),
)
"""this (feedback id), now, by (run id), what, words."""

# A version that was listed while its predecessor was on its way must not be settled away with it.
_still_current = transfer.c.version == func.coalesce(bindparam("seen", type_=Text()), transfer.c.version)

SETTLE = Statement(
    "transfer",
    update(transfer)
    .where(transfer.c.id == bindparam("this", type_=Integer()))
    .values(
        status=case((_still_current, bindparam("to_status", type_=Text())), else_=transfer.c.status),
        due_at=case((_still_current, bindparam("to_due", type_=Instant())), else_=transfer.c.due_at),
        asked=case((_still_current, False), else_=transfer.c.asked),
        version=case(
            (_still_current, func.coalesce(bindparam("to_version", type_=Text()), transfer.c.version)),
            else_=transfer.c.version,
        ),
        content_version=func.coalesce(bindparam("to_content", type_=Text()), transfer.c.content_version),
        external_id=func.coalesce(bindparam("to_external", type_=Text()), transfer.c.external_id),
        reason_class=bindparam("to_class", type_=Text()),
        reason=bindparam("to_reason", type_=Text()),
        mapping_version=func.coalesce(bindparam("to_mapping", type_=Text()), transfer.c.mapping_version),
        payload_digest=func.coalesce(bindparam("to_digest", type_=Text()), transfer.c.payload_digest),
        follow_at=bindparam("to_follow", type_=Instant()),
        delivered_at=func.coalesce(bindparam("to_delivered", type_=Instant()), transfer.c.delivered_at),
        claim=null(),
        standing=case((bindparam("anew", type_=Boolean()), null()), else_=transfer.c.standing),
    ),
)
"""this (transfer id), seen (the version it was claimed with, None: any), anew (whether its standing counts no more), to_…"""

POSTPONE = Statement(
    "transfer",
    update(transfer)
    .where(transfer.c.id == bindparam("this", type_=Integer()))
    .values(
        due_at=case((_still_current, bindparam("to_due", type_=Instant())), else_=transfer.c.due_at),
        attempts=case((_still_current, bindparam("to_attempts", type_=Integer())), else_=transfer.c.attempts),
        reason_class=bindparam("to_class", type_=Text()),
        reason=bindparam("to_reason", type_=Text()),
        claim=null(),
    ),
)
"""this (transfer id), seen, to_…"""

_next_status = func.coalesce(bindparam("to_status", type_=Text()), transfer.c.status)
_was_settled = transfer.c.status != literal("pending")

FOLLOWED = Statement(
    "transfer",
    update(transfer)
    .where(transfer.c.id == bindparam("this", type_=Integer()))
    .values(
        # What became pending while the far end was asked stays so.
        status=case((_was_settled, _next_status), else_=transfer.c.status),
        attempts=case((and_(_was_settled, _next_status == "pending"), 0), else_=transfer.c.attempts),
        due_at=case((_was_settled, bindparam("to_due", type_=Instant())), else_=transfer.c.due_at),
        payload_digest=case((_next_status == "pending", null()), else_=transfer.c.payload_digest),
        reason=func.coalesce(bindparam("to_reason", type_=Text()), transfer.c.reason),
        follow_at=bindparam("to_follow", type_=Instant()),
        claim=null(),
        standing=func.coalesce(bindparam("to_standing", type_=Text()), transfer.c.standing),
    ),
)
"""this (transfer id), to_…"""

_owe = select(
    transfer.c.id,
    transfer.c.route,
    select(func.coalesce(func.max(feedback.c.seq), 0) + 1)
    .where(feedback.c.transfer_id == transfer.c.id)
    .scalar_subquery(),
    bindparam("what", type_=Text()),
    bindparam("why", type_=Text()),
    bindparam("now", type_=Instant()),
    bindparam("now", type_=Instant()),
    literal(0),
).where(transfer.c.id == bindparam("this", type_=Integer()))
_owed = feedback.alias("owed")
_turned_down = (_owed.c.answer == "refused") | (_owed.c.answer == "gone")
_OWE_COLUMNS = ["transfer_id", "route", "seq", "outcome", "reason", "owed_at", "due_at", "attempts"]

OWE = Statement("feedback", insert(feedback).from_select(_OWE_COLUMNS, _owe))
"""this (transfer id), what (the outcome), why, now."""

SUPERSEDE = Statement(
    "feedback",
    update(feedback)
    .where(feedback.c.transfer_id == bindparam("this", type_=Integer()), feedback.c.done_at.is_(None))
    .values(done_at=bindparam("now", type_=Instant()), answer="superseded"),
)
"""this (transfer id), now: what is owed about a transfer is overtaken by what is going to be."""

OWE_UNLESS_OWED = Statement(
    "feedback",
    insert(feedback).from_select(
        _OWE_COLUMNS,
        _owe.where(
            ~exists().where(
                _owed.c.transfer_id == transfer.c.id,
                _owed.c.outcome == bindparam("what", type_=Text()),
                _owed.c.done_at.is_(None) | (_turned_down & (_owed.c.done_at > bindparam("lately", type_=Instant()))),
            )
        ),
    ),
)
"""As OWE, but nothing if that outcome is still owed, or was refused after `lately`."""

ANSWERED = Statement(
    "feedback",
    update(feedback)
    .where(feedback.c.id == bindparam("this", type_=Integer()))
    .values(
        done_at=bindparam("now", type_=Instant()),
        answer=bindparam("to_answer", type_=Text()),
        said=bindparam("to_said", type_=Text()),
        claim=null(),
    ),
)
"""this (feedback id), now, to_answer, to_said."""

OWE_LATER = Statement(
    "feedback",
    update(feedback)
    .where(feedback.c.id == bindparam("this", type_=Integer()))
    .values(
        due_at=bindparam("to_due", type_=Instant()), attempts=bindparam("to_attempts", type_=Integer()), claim=null()
    ),
)
"""this (feedback id), to_due, to_attempts."""
