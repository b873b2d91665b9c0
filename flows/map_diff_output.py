"""How the blast radius of an edit looks: on a terminal, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rich.markup import escape
from rich.table import Table

from flows.output import out
from mappings.workbench.replaying import Field, Group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flows.map_diff import Compared

G = TypeVar("G", bound=Group)
_WAYS = 5
_LISTED = 20


def show(found: Compared) -> None:
    """Print what comes out otherwise: by field, by cause, and with the ids of a few documents."""
    blast = found.blast
    versions = f"{found.before.version[:12]} → {found.after.version[:12]}"
    same = found.before.version == found.after.version
    words = f"{versions}, compared with {found.before_is}" if not same else f"{versions}: the same version"
    out.print(f"[bold]{escape(found.after.name)}[/]  {escape(words)}", soft_wrap=True)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(style="dim", overflow="fold")
    table.add_row(str(blast.documents), "[bold]replayed[/]", "recorded documents, the latest first")
    for group, name, style in (
        (blast.changed, "changed", "yellow"),
        (blast.failing, "newly rejected", "red"),
        (blast.skipped, "newly skipped", "yellow"),
        (blast.unskipped, "no longer skipped", "yellow"),
        (blast.passing, "no longer rejected", "green"),
    ):
        if group.documents:
            table.add_row(str(group.documents), f"[{style}]{name}[/]", escape(_ids(group)))
    table.add_row(str(blast.unchanged), "[dim]as before[/]", "")
    if found.unreadable:
        table.add_row(str(found.unreadable), "[red]not readable[/]", "no key in DOCFERRY_KEYS opens them")
    out.print(table)
    for target, field in _most(blast.fields.items()):
        out.print(f"[bold]{escape(target)}[/]  changes in {_documents(field)}", soft_wrap=True)
        _show_ways(field)
    for cause, group in _most(blast.causes.items()):
        out.print(f"[red]newly rejected[/]  {_documents(group)}: {escape(cause)}", soft_wrap=True)


def _show_ways(field: Field) -> None:
    for (before, after), count in field.ways.most_common(_WAYS):
        out.print(f"  {count:>6}  {escape(before)} → {escape(after)}", soft_wrap=True)
    if len(field.ways) > _WAYS:
        out.print(f"  [dim]and {len(field.ways) - _WAYS} more ways; --json lists them all[/]")


def _most(items: Iterable[tuple[str, G]]) -> list[tuple[str, G]]:
    found = sorted(items, key=lambda item: -item[1].documents)
    if len(found) > _LISTED:
        out.print(f"[dim]the {_LISTED} most frequent of {len(found)}; --json lists them all[/]")
    return found[:_LISTED]


def _documents(group: Group) -> str:
    return f"{group.documents} {'document' if group.documents == 1 else 'documents'}"


def _ids(group: Group) -> str:
    more = "" if group.documents == len(group.examples) else ", …"
    return ", ".join(group.examples) + more


def as_json(found: Compared) -> dict[str, object]:
    """Return the same as one object. Without --values nothing in it is a document's value."""
    blast = found.blast
    return {
        "route": found.after.name,
        "against": found.before_is,
        "before": found.before.version,
        "after": found.after.version,
        "documents": blast.documents,
        "unreadable": found.unreadable,
        "unchanged": blast.unchanged,
        "otherwise": blast.otherwise,
        "changed": _group(blast.changed),
        "fields": [
            {
                "target": target,
                **_group(field),
                "ways": [
                    {"before": before, "after": after, "documents": count}
                    for (before, after), count in field.ways.most_common()
                ],
            }
            for target, field in blast.fields.items()
        ],
        "newly_rejected": {
            **_group(blast.failing),
            "causes": [{"cause": cause, **_group(group)} for cause, group in blast.causes.items()],
        },
        "no_longer_rejected": _group(blast.passing),
        "newly_skipped": _group(blast.skipped),
        "no_longer_skipped": _group(blast.unskipped),
    }


def _group(group: Group) -> dict[str, object]:
    return {"documents": group.documents, "examples": list(group.examples)}
