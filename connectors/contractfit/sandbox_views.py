"""How the Contract.fit sandbox shows a document: as listings do, or as the raw record of its database."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.contractfit.sandbox_store import Record, StateValue, Version
    from connectors.contractfit.sandbox_switches import Switches

_MOMENTS = frozenset({
    "since", "timestamp", "receive_time", "start_time", "done_time", "feedback_time", "submit_time",
})  # fmt: skip
_IDS = frozenset({"id", "inbox", "by"})


def moment(at: float | None, dates: str) -> str | None:
    """Write a moment; microseconds are dropped where they are zero."""
    if at is None:
        return None
    when = datetime.fromtimestamp(at, UTC)
    if dates == "naive":
        return when.replace(tzinfo=None).isoformat()
    if dates == "Z":
        return when.replace(tzinfo=None).isoformat() + "Z"
    return when.isoformat()


def document(record: Record, switches: Switches) -> dict[str, object]:
    """Show a document as the published schema has it. Every fourth one shows nulls where nothing was ever set."""
    dates, nulls = switches.dates, int(record.id[-1], 16) % 4 == 0
    flags = {name: state.value is True for name, state in record.states.items() if name != "submitted"}
    filehash = hashlib.md5(record.sha256.encode(), usedforsecurity=False).hexdigest()
    period = None if record.done is None or record.started is None else Decimal(str(record.done - record.started))
    shown: dict[str, object] = {
        "id": record.id,
        "inbox": record.inbox,
        "original_filename": record.name,
        "page_count": 1,
        "flag_for_review": record.flag,
        "last_version": record.versions[-1].name if record.versions else None,
        "files": [
            {"filename": record.name, "filehash": filehash, "page": 0, "page_count": 1, "leaf": True,
             "embedded_attachment": False},
        ],
        "status_data": {
            "data": bool(record.versions), "success": record.success, "feedback": record.fed_back is not None,
            **flags, "archived": record.archived, "sampling": False, "ready_attempts": 0, "ready_accepted": False,
            "submit_attempts": 0, "submit_accepted": False, "reject_attempts": 0, "reject_accepted": False,
        },
        **{name: _state(state, dates, nulls=nulls) for name, state in record.states.items()},
        "opened_by": [],
        "meta_information": {},
        "feedback": _feedback(record),
        "usage_data": None if nulls else {},
        "timings": {
            "receive_time": moment(record.received, dates), "start_time": moment(record.started, dates),
            "done_time": moment(record.done, dates), "feedback_time": moment(record.fed_back, dates),
            "submit_time": moment(record.submitted_at, dates), "processing_period": period,
        },
        "prediction": record.prediction or {},
        "versions": [version(one, switches, inline=switches.versions == "inline") for one in record.versions],
    }  # fmt: skip
    if nulls:
        flags_shown = {"feedback": True} if record.fed_back is not None else {"feedback": None}
        shown["status_data"] = {
            **dict.fromkeys(("data", "lock", "escalate", "reject", "sampling")),
            "success": record.success,
            "archived": True if record.archived else None,
            **flags_shown,
        }
    if switches.versions == "absent":
        del shown["versions"]
    if switches.novelties:
        shown |= {"retention": {"until": None}, "quality": Decimal("0.75"), "assignees": [None]}
    return shown


def detail(record: Record, switches: Switches) -> dict[str, object]:
    """Show a document at its own address: the schema's form, or the raw record with the database's spellings."""
    shown = document(record, switches)
    if switches.detail == "plain":
        return shown
    raw = {("_id" if name == "id" else name): _raw(name, value) for name, value in shown.items()}
    return {**raw, "project": {"$oid": "65f0c0ffee0000000000b001"}, "schema_version": {"$numberInt": "7"}}


def version(one: Version, switches: Switches, *, inline: bool = True) -> dict[str, object]:
    """Show a version, with its data if it is inline."""
    shown: dict[str, object] = {
        "name": one.name,
        "source": one.source,
        "timestamp": moment(one.at, switches.dates),
        "evaluated": one.evaluated,
    }
    return {**shown, **one.data} if inline else shown


def _state(state: StateValue, dates: str, *, nulls: bool) -> dict[str, object]:
    if nulls and state.value is None:
        return {"by": None, "since": None, "value": None}
    shown: dict[str, object] = {"value": state.value is True}
    return shown if state.since is None else {**shown, "since": moment(state.since, dates), "by": state.by}


def _feedback(record: Record) -> dict[str, object]:
    return next((one.data for one in reversed(record.versions) if one.source == "human"), {})


def _raw(name: str, value: object) -> object:
    if isinstance(value, dict):
        return {inner: _raw(inner, content) for inner, content in value.items()}
    if isinstance(value, list):
        return [_raw("", item) for item in value]
    if isinstance(value, str) and name in _IDS:
        return {"$oid": value}
    if isinstance(value, str) and name in _MOMENTS:
        return {"$date": value}
    return value
