"""How a preview looks: the document beside what a mapping makes of it, on a terminal and as JSON.

What is shown is the document's content: that is what the command is for. None of it goes to a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from flows.output import out
from flows.showing import ShowingConsole
from mappings.language.missing import MISSING
from mappings.workbench.comparing import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.map_documents import Chosen
    from mappings.language import FieldProblem, Route
    from mappings.language.origins import Origin
    from mappings.workbench.preview import Field, Preview

_LONGEST = 60
"""How many characters of a value a table shows."""
_UNREAD = 25
"""How many unread values are listed."""
_TOLD = 25
"""How many problems, and how many reviews, are shown."""
_UNBOUND = 1000
"""How many columns a table may take where nobody looks at it on a terminal."""


def show_preview(route: Route, chosen: Chosen, made: Preview, unchecked: str) -> None:
    """Print every field with its rule and what it was made of, then problems, reviews and what nobody read."""
    out.print(f"[bold]{escape(route.name)}[/] on {escape(chosen.what)}: {_verdict(made)}", soft_wrap=True)
    if chosen.not_ready:
        out.print(f"[yellow]a run would not take it now:[/] {escape(chosen.not_ready)}", soft_wrap=True)
    if made.fields:
        show_fields(made.fields)
    show_told(made)
    if unchecked:
        out.print(f"[dim]not compared with a schema: {escape(unchecked)}[/]", soft_wrap=True)
    _show_unread(made)


def _verdict(made: Preview) -> str:
    if made.outcome.skipped is not None:
        return f"[yellow]skipped[/], {escape(made.outcome.skipped)}"
    return "[red]rejected[/]" if made.outcome.problems else "[green]mapped[/]"


def show_fields(fields: Sequence[Field]) -> None:
    """Print fields as a table: the rule's line, the target, the value, and what it was made of."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("line", justify="right", style="dim")
    table.add_column("target", no_wrap=True)
    for heading in ("value", "made of"):
        table.add_column(heading, overflow="fold")
    for field in fields:
        row = (str(field.origin.line), field.target, cut(field.value), made_of(field.origin))
        table.add_row(*(escape(plain(cell)) for cell in row))
    console = out if out.is_terminal else ShowingConsole(width=_UNBOUND, highlight=False)
    console.print(table)


def made_of(origin: Origin) -> str:
    """Return what a field was made of, in one line: paths with their values, rows of tables, a default or a fixed value."""
    parts = [f"{path} = {cut(value)}" for path, value in origin.sources]
    parts += [
        f"table {row.table}: {row.key} → {cut(row.value)} ({row.file or 'line'}{':' if row.file else ' '}{row.line})"
        for row in origin.rows
    ]
    parts += ["the default"] if origin.by_default else []
    return f"← {', '.join(parts)}" if parts else "a fixed value"


def cut(value: object) -> str:
    """Return a value as JSON, cut where it is long."""
    text = shown(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def plain(text: str) -> str:
    """Return text without what a terminal would obey: the names of fields are the document's, too."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def show_told(made: Preview) -> None:
    """Print the problems and reviews of a document, each with the values that its rule has read."""
    for style, word, told in (
        ("red", "problem", made.outcome.problems),
        ("yellow", "review", made.outcome.mapped.reviews),
    ):
        for each in told[:_TOLD]:
            out.print(f"[{style}]{word}[/] line {each.line}  {escape(plain(str(each)))}", soft_wrap=True)
            origin = made.behind.get(each)
            if origin is not None and (origin.sources or origin.rows):
                out.print(f"        {escape(plain(made_of(origin)))}", soft_wrap=True)
        if len(told) > _TOLD:
            out.print(f"[{style}]… and {len(told) - _TOLD} more[/]; --json lists them all")


def _show_unread(made: Preview) -> None:
    if not made.unread:
        return
    out.print(f"[dim]{len(made.unread)} values of the document are read by no rule and no condition:[/]")
    for path, value in list(made.unread.items())[:_UNREAD]:
        out.print(f"[dim]  {escape(plain(path))} = {escape(cut(value))}[/]", soft_wrap=True)
    if len(made.unread) > _UNREAD:
        out.print(f"[dim]  … and {len(made.unread) - _UNREAD} more; --json lists them all[/]")


def preview_json(route: Route, chosen: Chosen, made: Preview, unchecked: str) -> dict[str, object]:
    """Return a preview as one object; values have every digit."""
    came = made.outcome
    result = "skipped" if came.skipped is not None else "rejected" if came.problems else "mapped"
    return {
        "route": route.name,
        "file": str(route.path),
        "document": chosen.what,
        "not_ready": chosen.not_ready or None,
        "result": result,
        "skipped": came.skipped,
        "payload": came.payload,
        "fields": [field_json(field) for field in made.fields],
        "problems": [told_json(made, each) for each in came.problems],
        "reviews": [told_json(made, each) for each in came.mapped.reviews],
        "not_checked": unchecked or None,
        "unread": dict(made.unread),
    }


def field_json(field: Field) -> dict[str, object]:
    """Return a field with its rule and its sources as one object."""
    origin = field.origin
    return {
        "target": field.target,
        "value": field.value,
        "line": origin.line,
        "column": origin.column,
        "rule": origin.rule,
        **_read_json(origin),
        "default": origin.by_default,
    }


def _read_json(origin: Origin) -> dict[str, object]:
    return {
        "sources": [
            {"path": path} if value is MISSING else {"path": path, "value": value} for path, value in origin.sources
        ],
        "rows": [
            {"table": row.table, "key": row.key, "value": row.value, "file": row.file, "line": row.line}
            for row in origin.rows
        ],
    }


def told_json(made: Preview, each: FieldProblem) -> dict[str, object]:
    """Return a problem or a review with its rule and what that has read as one object."""
    origin = made.behind.get(each)
    found: dict[str, object] = {"line": each.line, "target": each.target, "message": each.message}
    return found | ({} if origin is None else {"rule": origin.rule, **_read_json(origin)})
