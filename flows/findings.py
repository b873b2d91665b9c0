"""What `docferry check` has found, one thing at a time, and how it looks on a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.markup import escape

from flows import output
from flows.origins import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flows.origins import Origin


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `exit_code` is 0, 2 (correct something here) or 3 (access, provider, state).

    A `warning` is no fault, but somebody should know of it. `settings` say where those of a connection are from.
    """

    what: str
    ok: bool
    says: str
    exit_code: int = 0
    warning: bool = False
    settings: Sequence[Origin] = ()


def show_findings(findings: Iterable[Finding], *, defaults: bool) -> None:
    """Print findings, a line each, and below those of connections where their settings are from; not the values."""
    for item in findings:
        mark = "[yellow]note[/]  " if item.warning else "[green]ok[/]    " if item.ok else "[red]wrong[/] "
        output.out.print(f"{mark} {escape(item.what)}: {escape(item.says)}", soft_wrap=True)
        for line in _settings(item.settings, defaults=defaults):
            output.out.print(f"       [dim]{escape(line)}[/]", soft_wrap=True)


def _settings(settings: Sequence[Origin], *, defaults: bool) -> list[str]:
    """Say where settings are from, a line for each place; of defaults only how many there are, unless they are wanted."""
    by_place: dict[str, list[str]] = {}
    for one in settings:
        more = f" (there is one in {', '.join(one.hides)} too)" if one.hides else ""
        by_place.setdefault(one.place, []).append(f"{one.name}{more}")
    unset = by_place.pop(DEFAULT, [])
    lines = [f"from {place}: {', '.join(names)}" for place, names in by_place.items()]
    if unset and settings:
        lines.append(
            f"defaults: {', '.join(unset)}" if defaults else f"defaults: {len(unset)} more (--defaults names them)"
        )
    return lines
