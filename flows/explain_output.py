"""How an explanation looks: a document's timeline, and each field of what was made of it with its rule and its sources.

Values are shown to whoever has the key of the state and asks for this document. None of it goes to a log.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from rich.markup import escape

from flows.map_preview import cut, field_json, show_fields
from flows.output import instant, out, show_timeline

if TYPE_CHECKING:
    from flows.explaining import Account
    from mappings.workbench.preview import Field

_say = partial(out.print, soft_wrap=True)


def show(account: Account) -> None:
    """Print the timeline, and then what was made of the document."""
    show_timeline(account.transfer, account.timeline)
    _show_mapping(account)
    if account.fields:
        show_fields(account.fields)
    _say(f"  payload             {_sent(account)}")


def show_field(account: Account) -> None:
    """Print everything about the chosen fields, one after the other."""
    transfer = account.transfer
    _say(f"[bold]{escape(transfer.document_id)}[/] on {escape(transfer.route)}: [bold]{transfer.status}[/]")
    for field in account.fields:
        _show_one(account, field)
    for line, target, paths in account.rules:
        _say(f"[bold]{escape(target)}[/]")
        _say(f"  rule                {escape(account.file)}:{line}, reads {escape(', '.join(paths) or 'nothing')}")
    _show_mapping(account)
    _say(f"  payload             {_sent(account)}")
    _say(f"  at the destination  {escape(transfer.external_id or '(nothing yet)')}, {transfer.status}")
    for told in account.timeline.feedback:
        when = f"{told.answer} {instant(told.done_at)}" if told.done_at else f"owed, next try {instant(told.due_at)}"
        _say(f"  feedback            {told.outcome}: {when}")


def _show_one(account: Account, field: Field) -> None:
    origin = field.origin
    _say(f"[bold]{escape(field.target)}[/] = {escape(cut(field.value))}")
    _say(f"  rule                {escape(account.file)}:{origin.line}  {escape(' '.join(origin.rule.split()))}")
    for path, value in origin.sources:
        _say(f"  source              {escape(path)} = {escape(cut(value))}")
    for row in origin.rows:
        place = f"{row.file or account.file}:{row.line}"
        _say(
            f"  table row           {escape(place)}  {escape(row.table)}: {escape(row.key)} → {escape(cut(row.value))}"
        )
    if origin.by_default:
        _say("  default             written in its place")


def _show_mapping(account: Account) -> None:
    mapping = account.mapping
    if mapping is not None:
        used = f"used {instant(mapping.first_used_at)} to {instant(mapping.last_used_at)}"
        now = "; the last run used another one" if account.superseded else ""
        _say(f"  mapping             {mapping.version[:12]}, {used}{now}")


def _sent(account: Account) -> str:
    style = {True: "green", False: "red", None: "yellow"}[account.verified]
    return f"[{style}]{escape(account.says)}[/]"


def as_json(account: Account) -> dict[str, object]:
    """Return everything as one object; values only where the document is recorded and a key opens it."""
    mapping, made = account.mapping, account.made
    found: dict[str, object] = {**asdict(account.transfer), **asdict(account.timeline)}
    found["mapping"] = mapping and {
        "version": mapping.version,
        "file": account.file,
        "first_used_at": mapping.first_used_at,
        "last_used_at": mapping.last_used_at,
        "superseded": account.superseded,
    }
    found["verified"], found["payload_says"] = account.verified, account.says
    found["payload"] = made.outcome.payload if made is not None else None
    found["fields"] = [field_json(field) for field in account.fields] or [
        {"target": target, "line": line, "sources": [{"path": path} for path in paths]}
        for line, target, paths in account.rules
    ]
    return found
