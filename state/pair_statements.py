"""The writes that tell the other route of a pair what this one has brought about."""

from __future__ import annotations

from sqlalchemy import Integer, bindparam, case, delete, func, null, update

from state import statements
from state.dialect import upsert
from state.instants import Instant
from state.models import step, transfer
from state.records import HELD, PENDING
from state.texts import Text
from state.writer import Statement

EVENT, STEP = statements.EVENT, statements.STEP
_this = transfer.c.id == bindparam("this", type_=Integer())

BORN = Statement("transfer", update(transfer).where(_this).values(origin=func.coalesce(transfer.c.origin, "source")))
"""this (transfer id)"""

COPIED = Statement(
    "transfer", update(transfer).where(_this).values(origin=func.coalesce(transfer.c.origin, "destination"))
)
"""this (transfer id)"""

RELEASE = Statement(
    "transfer",
    update(transfer).where(_this, transfer.c.engaged == bindparam("by", type_=Text())).values(engaged=null()),
)
"""this (transfer id), by (who is at work)"""

PASS_OVER = Statement(
    "transfer",
    update(transfer).where(_this, transfer.c.claim == bindparam("by", type_=Text())).values(claim=null()),
)
"""this (transfer id), by (whose claim it is)"""


def _enter(*, edited: bool) -> Statement:
    row = upsert(transfer)
    new, old = row.excluded, transfer.c
    # What a listing has shown since stays due: it will turn out to be no news, or to be some.
    waits = old.status == PENDING
    asked = old.asked & waits
    same = {"external_id": new.external_id, "origin": func.coalesce(old.origin, new.origin), "reason": null()}
    if edited:
        changes = same | {
            "content_version": func.coalesce(old.content_version, ""),
            "status": PENDING,
            "due_at": case((waits, old.due_at), else_=new.due_at),
            "attempts": 0,
            "reason_class": null(),
        }
    else:
        changes = same | {
            "content_version": new.content_version,
            "mapping_version": new.mapping_version,
            "payload_digest": case((asked, old.payload_digest), else_=new.payload_digest),
            "status": case((waits, old.status), else_=new.status),
            "reason_class": null(),
            "follow_at": new.follow_at,
        }
    return Statement("transfer", row.on_conflict_do_update(index_elements=["route", "document_id"], set_=changes))


ENTER = _enter(edited=False)
"""All of a transfer but its id: its document shows what this route has brought about, and nothing else."""

ENTER_EDITED = _enter(edited=True)
"""The same for a document that shows something else as well."""

DUE = Statement(
    "transfer",
    update(transfer)
    .where(_this, transfer.c.status != PENDING)
    .values(status=PENDING, due_at=bindparam("now", type_=Instant()), attempts=0, reason_class=null(), reason=null()),
)
"""this (transfer id), now"""

HOLD = Statement(
    "transfer",
    update(transfer)
    .where(_this)
    .values(
        status=HELD,
        due_at=null(),
        reason_class=bindparam("class", type_=Text()),
        reason=bindparam("why", type_=Text()),
    ),
)
"""this (transfer id), class, why"""

FORGET = Statement(
    "step",
    delete(step).where(
        step.c.transfer_id == bindparam("this", type_=Integer()), step.c.name == bindparam("what", type_=Text())
    ),
)
"""this (transfer id), what (the name of a step)"""
