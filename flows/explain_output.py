"""How an explanation looks: a document's timeline, and each field of what was made of it with its rule and its sources.

Values are shown to whoever has the key of the state and asks for this document. None of it goes to a log.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from rich.markup import escape

from flows.map_preview import cut, field_json, plain, show_fields, show_told, told_json
from flows.output import instant, out
from flows.timeline_output import show_timeline
from state.records import REJECTED

if TYPE_CHECKING:
    from flows.explaining import Account
    from flows.on_paper import Search
    from mappings.language import FieldProblem
    from mappings.language.origins import Origin
    from mappings.workbench.preview import Field

_say = partial(out.print, soft_wrap=True)


def show_search(text: str, looked: Search) -> None:
    """Print which recorded documents show a text, and where."""
    show = "1 shows" if len(looked.found) == 1 else f"{len(looked.found)} show"
    _say(f"No id is '{escape(text)}'. Of {looked.among} recorded documents {show} it:")
    for shown in looked.found:
        _say(f"  [bold]{escape(shown.document_id)}[/] on {escape(shown.route)}, in {escape(shown.path)}")


def show(account: Account) -> None:
    """Print the timeline, and then what was made of the document."""
    show_timeline(account.transfer, account.timeline)
    _show_mapping(account)
    if account.fields:
        show_fields(account.fields)
    if account.made is not None:
        show_told(account.made)
    _say(f"  payload             {_sent(account)}")


def show_field(account: Account) -> None:
    """Print everything about the chosen fields, one after the other."""
    transfer = account.transfer
    _say(f"[bold]{escape(transfer.document_id)}[/] on {escape(transfer.route)}: [bold]{transfer.status}[/]")
    for field in account.fields:
        _show_one(account, field)
    for each in account.told:
        _show_problem(account, each)
    for line, target, paths in account.rules:
        _say(f"[bold]{escape(target)}[/]{'' if account.made is None else ' is not in what was made of this document'}")
        _say(f"  rule                {escape(account.file)}:{line}, reads {escape(', '.join(paths) or 'nothing')}")
    _show_mapping(account)
    _say(f"  payload             {_sent(account)}")
    if transfer.reason:
        _say(f"  reason              {escape(transfer.reason)}")
    _say(f"  at the destination  {escape(transfer.external_id or '(nothing yet)')}, {transfer.status}")
    for told in account.timeline.feedback:
        when = f"{told.answer} {instant(told.done_at)}" if told.done_at else f"owed, next try {instant(told.due_at)}"
        _say(f"  feedback            {told.outcome}: {when}{f', {escape(told.said)}' if told.said else ''}")


def _show_one(account: Account, field: Field) -> None:
    origin = field.origin
    _say(f"[bold]{escape(plain(field.target))}[/] = {escape(cut(field.value))}")
    _show_origin(account, origin)
    if origin.by_default:
        _say("  default             written in its place")


def _show_problem(account: Account, told: FieldProblem) -> None:
    _say(f"[bold]{escape(plain(told.target))}[/] could not be made")
    _say(f"  problem             {escape(plain(told.message))}")
    origin = account.made.behind.get(told) if account.made is not None else None
    if origin is None:
        _say(f"  line                {escape(account.file)}:{told.line}")
    else:
        _show_origin(account, origin)


def _show_origin(account: Account, origin: Origin) -> None:
    _say(f"  rule                {escape(account.file)}:{origin.line}  {escape(' '.join(origin.rule.split()))}")
    for path, value in origin.sources:
        _say(f"  source              {escape(path)} = {escape(cut(value))}")
    for row in origin.rows:
        place = f"{row.file or account.file}:{row.line}"
        _say(
            f"  table row           {escape(place)}  {escape(row.table)}: {escape(row.key)} → {escape(cut(row.value))}"
        )


def _show_mapping(account: Account) -> None:
    mapping = account.mapping
    if mapping is not None:
        used = f"used {instant(mapping.first_used_at)} to {instant(mapping.last_used_at)}"
        now = "; the last run used another one" if account.superseded else ""
        since = account.transfer.tried_under
        if since and since != mapping.version and account.transfer.status == REJECTED:
            now += f"; {since[:12]} was tried on it since, and does not cure it either: the reason is that of the earlier one"
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
    if made is not None:
        for word, some in (("problems", made.outcome.problems), ("reviews", made.outcome.mapped.reviews)):
            found[word] = [told_json(made, each) for each in account.told if each in some]
    return found
