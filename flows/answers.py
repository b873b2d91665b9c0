"""What Prefect's page shows of `explain`, `retry`, `map diff` and `check`, as Markdown. No value of a document is in it.

An artifact is kept by Prefect's server for anybody who can open its page; values are shown by the command line alone, to whoever
has the key of the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.markdown import code, table, text
from flows.output import instant
from flows.timeline_output import begun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.explaining import Account
    from flows.findings import Finding
    from flows.map_diff import Compared
    from mappings.workbench.replaying import Group

_MOST_LINES = 500
"""How many lines of a timeline, fields or causes are shown at most."""


def account(found: Account) -> list[str]:
    """Tell where one document is on one route, and why."""
    transfer, timeline = found.transfer, found.timeline
    nothing = "not complete yet" if begun(transfer, timeline) else "nothing yet"
    there = code(transfer.external_id) if transfer.external_id else nothing
    lines = [
        f"## {text(transfer.document_id)} on {text(transfer.route)}: {transfer.status}",
        "",
        f"- At the destination: {there}; its key is {code(transfer.key)}",
    ]
    if transfer.reason:
        lines.append(f"- Why: {text(transfer.reason)} ({text(transfer.reason_class or 'no class')})")
    if transfer.due_at:
        lines.append(f"- Due {instant(transfer.due_at)}, after {transfer.attempts} attempts")
    if found.mapping:
        other = ", and the last run used another one" if found.superseded else ""
        lines.append(f"- Judged by mapping {code(found.mapping.version[:12])}{other}; {text(found.says)}")
    events = [(one.at, one.kind, one.detail or "") for one in timeline.events]
    events += [
        (one.intent_at, f"begun: {one.name}", "whether it took effect is looked up next time")
        for one in timeline.steps
        if one.done_at is None
    ]
    events += [
        (one.owed_at, f"owed to the source: {one.outcome}", f"next try {instant(one.due_at)}")
        for one in timeline.feedback
        if one.done_at is None
    ]
    rows = [[instant(at), text(kind), text(detail)] for at, kind, detail in sorted(events, key=lambda line: line[0])]
    lines += _table(["when", "what", "detail"], rows)
    fields = [(each.target, each.origin.line, [path for path, _ in each.origin.sources]) for each in found.fields]
    fields += [(target, line, list(paths)) for line, target, paths in found.rules]
    if fields:
        made = [
            [text(target), f"{text(found.file)}:{line}", text(", ".join(paths) or "nothing")]
            for target, line, paths in fields
        ]
        lines += ["### Fields", *_table(["field", "rule", "reads"], made)]
    problems = [[text(each.target), text(each.message)] for each in found.told]
    if problems:
        lines += ["### Problems", *_table(["field", "problem"], problems)]
    return lines


def named(document_id: str, route: str) -> str:
    """Name a document on a route."""
    return f"{text(document_id)} on {text(route)}"


def difference(found: Compared) -> list[str]:
    """Tell what an edited mapping does to recorded documents, in shapes instead of values."""
    blast = found.blast
    counts = [
        ("come out otherwise", blast.changed),
        ("newly rejected", blast.failing),
        ("newly skipped", blast.skipped),
        ("no longer skipped", blast.unskipped),
        ("no longer rejected", blast.passing),
    ]
    compared = f"{blast.documents} recorded documents were judged by both, compared with {text(found.before_is)}"
    lines = [
        f"# {text(found.after.name)}: {found.before.version[:12]} → {found.after.version[:12]}",
        "",
        f"{compared}; {blast.unchanged} come out as before.",
    ]
    if found.unreadable:
        lines += ["", f"{found.unreadable} could not be read: no key in DOCFERRY_KEYS opens them."]
    lines += _table(
        ["what", "documents", "for example"],
        [[name, str(group.documents), _ids(group)] for name, group in counts if group.documents],
    )
    ways = [
        [text(target), str(count), text(before), text(after)]
        for target, field in blast.fields.items()
        for (before, after), count in field.ways.most_common(5)
    ]
    if ways:
        lines += ["## Fields", *_table(["field", "documents", "before", "after"], ways)]
    if blast.causes:
        causes = [[text(cause), str(group.documents), _ids(group)] for cause, group in blast.causes.items()]
        lines += ["## Newly rejected because of", *_table(["cause", "documents", "for example"], causes)]
    return lines


def findings(found: Sequence[Finding]) -> list[str]:
    """Tell what a check has looked at; what is wrong comes first."""
    wrong = [item for item in found if not item.ok]
    verdict = f"{len(wrong)} of {len(found)} things are wrong." if wrong else f"All {len(found)} things are in order."
    ordered = [*wrong, *(item for item in found if item.ok)]
    rows = [["ok" if item.ok else "**wrong**", text(item.what), text(item.says, 1000)] for item in ordered]
    return ["# Check", "", verdict, *_table(["", "what", "says"], rows)]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    more = [f"… and {len(rows) - _MOST_LINES} more; the command line shows all."] if len(rows) > _MOST_LINES else []
    return [*table(headings, rows[:_MOST_LINES]), *more]


def _ids(group: Group) -> str:
    more = "" if group.documents == len(group.examples) else ", …"
    return ", ".join(text(one) for one in group.examples) + more
