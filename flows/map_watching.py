"""`docferry map watch`: checks, tests and previews a route again whenever its file, a table or a test's document is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from watchfiles import awatch

from connectors.settings import SettingsError
from flows.map_documents import choose
from flows.map_lint import counted, show_findings
from flows.map_linting import lint_files
from flows.map_output import show_route
from flows.map_preview import show_preview
from flows.map_testing import Tested, try_route
from flows.output import out
from flows.schemas import checker
from mappings.language import RouteError
from mappings.workbench.lint import Severity
from mappings.workbench.preview import preview
from mappings.workbench.watching import changed_preview, changed_tests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchfiles import Change

    from flows.map_documents import Chosen
    from flows.settings import Gateway
    from mappings.workbench.lint import Finding
    from mappings.workbench.preview import Preview

_STEP, _DEBOUNCE, _IDLE = 100, 1000, 250
"""Milliseconds: a save is over when nothing has changed for a step, and looked at after the debounce at the latest; without
one the watcher says after the third that it is at work."""
_BESIDE = {".csv", ".json"}
"""Endings of the files beside a route: tables, documents of tests, what was learned of an account."""


@dataclass(frozen=True, slots=True)
class Look:
    """A route as it was once; `preview` is of the first test's document, None if there is none that can be made.

    `findings` are the errors and warnings of the lint.
    """

    tested: Tested
    findings: tuple[Finding, ...] = ()
    chosen: Chosen | None = None
    preview: Preview | None = None


async def watch_route(gateway: Gateway, name: str) -> None:
    """Show the route, and after every save what that changed; until it is cancelled."""
    folder = gateway.mappings.resolve()
    file = folder / f"{name}.yaml"

    def concerns(_change: Change, path: str) -> bool:
        return Path(path) == file or Path(path).suffix in _BESIDE

    good: Look | None = None
    saves = awatch(
        folder, watch_filter=concerns, debounce=_DEBOUNCE, step=_STEP, rust_timeout=_IDLE, yield_on_timeout=True
    )
    async for changes in saves:
        if good is None:  # only now: what is saved from here on is noticed
            good = show_first(gateway, name)
            out.print(f"[dim]watching {escape(str(file))} and the files beside it; Ctrl-C ends[/]", soft_wrap=True)
        elif changes:
            names = sorted({str(Path(path).relative_to(folder)) for _, path in changes})
            out.rule(escape(f"{datetime.now().astimezone():%H:%M:%S} {', '.join(names)}"), style="dim")
            good = show_next(gateway, name, good)


def look(gateway: Gateway, name: str) -> Look:
    """Check, test and preview a route as it stands now. A file that cannot be used is told in the result."""
    tested = try_route(gateway, name)
    if tested.route is None:
        return Look(tested)
    (linted,) = lint_files(gateway, [tested.file], (), unmapped=False)
    findings = tuple(each for each in linted.findings if each.severity is not Severity.NOTE)
    try:
        chosen = choose(gateway, tested.route, None, recorded=False)
    except (SettingsError, RouteError):
        return Look(tested, findings)  # a test says so too, if there is one
    check, _ = checker(gateway, tested.route)
    return Look(tested, findings, chosen, preview(tested.route, chosen.document, check))


def show_first(gateway: Gateway, name: str) -> Look:
    """Show everything about a route."""
    now = look(gateway, name)
    _show_route(now, None)
    if now.tested.route and now.chosen and now.preview:
        show_preview(now.tested.route, now.chosen, now.preview, "")
    return now


def show_next(gateway: Gateway, name: str, before: Look) -> Look:
    """Show what is otherwise than `before`. Return what to compare with next: a file that cannot be used is not."""
    now = look(gateway, name)
    _show_route(now, before)
    if now.tested.problems:
        return before
    _show(changed_tests(before.tested.trials, now.tested.trials))
    if before.preview is not None and now.preview is not None:
        _show(changed_preview(before.preview, now.preview))
    elif now.tested.route and now.chosen and now.preview:
        show_preview(now.tested.route, now.chosen, now.preview, "")
    return now


def _show_route(now: Look, before: Look | None) -> None:
    """Show what the lint finds and did not find before, and what came of the tests."""
    if now.tested.route is not None:
        known = {(each.code, each.message) for each in before.findings} if before else set()
        show_findings(each for each in now.findings if (each.code, each.message) not in known)
        out.print(f"[bold]lint[/]  {counted(now.findings)}")
    show_route(now.tested, coverage=True)


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        out.print(f"  {escape(line)}", soft_wrap=True)
