"""How the results of mappings' tests look: on a terminal, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from flows.output import out
from mappings.language.missing import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flows.map_testing import Tested
    from mappings.workbench.testing import Failure, Trial


def show_tests(results: Sequence[Tested], *, coverage: bool) -> None:
    """Print which tests pass and, of those that do not, every expectation that is not met with its rule's line."""
    for result in results:
        show_route(result, coverage=coverage)
    trials = [trial for result in results for trial in result.trials]
    failed = sum(not trial.passed for trial in trials)
    unusable = sum(bool(result.problems) for result in results)
    words = f"{len(trials) - failed} passed, {failed} failed" if failed else f"{len(trials)} passed"
    words += f", {unusable} route files cannot be used" if unusable else ""
    if len(results) != 1:
        out.print(f"[{'red' if failed or unusable else 'green'}]{words}[/] in {len(results)} routes")


def show_route(result: Tested, *, coverage: bool) -> None:
    """Print what came of the tests of one route."""
    name = f"[bold]{escape(result.name)}[/]"
    if result.problems or result.coverage is None:
        out.print(f"{name}  [red]the route file cannot be used[/]")
        for problem in result.problems:
            _line(f"  {escape(str(problem))}")
        return
    failed = len(result.failed)
    if not result.trials:
        out.print(f"{name}  [yellow]no tests yet[/]; write them under tests: in {escape(result.shown_file)}")
    else:
        passed = f"[green]{len(result.trials) - failed} passed[/]"
        words = f"{passed}, [red]{failed} failed[/]" if failed else passed
        out.print(f"{name}  {words}, {result.coverage.percent} % of the rules covered")
    for trial in result.failed:
        _show_failed(trial, result.shown_file)
    for test in result.accepted:
        _line(f"  [yellow]accepted[/] {escape(test)}: what comes out now is what it expects")
    if result.refused:
        _line(f"  [red]not accepted:[/] {escape(result.refused)}")
    if result.unchecked:
        _line(f"  [dim]payloads were not compared with a schema: {escape(result.unchecked)}[/]")
    if coverage:
        _show_coverage(result)


def _show_failed(trial: Trial, file: str) -> None:
    _line(f"  [red]FAILED[/] {escape(trial.test.name)}  [dim]{escape(file)}:{trial.test.mark.line}[/]")
    for failure in trial.failures:
        _line(f"    line {failure.line}  {escape(str(failure))}")


def _show_coverage(result: Tested) -> None:
    if result.coverage is None:
        return
    for gap in result.coverage.gaps:
        _line(f"  [yellow]not covered[/] {escape(f'{result.shown_file}:{gap.line}:{gap.column}: {gap}')}")
    for table, (used, rows) in result.coverage.rows.items():
        _line(f"  [dim]table {escape(table)}: {used} of {rows} rows used[/]")


def tests_json(results: Iterable[Tested]) -> dict[str, object]:
    """Return results of tests as one object."""
    routes = [_route_json(result) for result in results]
    return {"ok": all(route["ok"] for route in routes), "routes": routes}


def _route_json(result: Tested) -> dict[str, object]:
    coverage = result.coverage
    return {
        "route": result.name,
        "file": str(result.file),
        "ok": not (result.problems or result.failed or result.refused),
        "problems": [
            {"file": str(each.path), "line": each.line, "column": each.column, "message": each.message}
            for each in result.problems
        ],
        "passed": len(result.trials) - len(result.failed),
        "failed": len(result.failed),
        "tests": [
            {
                "name": trial.test.name,
                "line": trial.test.mark.line,
                "passed": trial.passed,
                "seconds": round(trial.seconds, 6),
                "failures": [_failure_json(failure) for failure in trial.failures],
            }
            for trial in result.trials
        ],
        "accepted": list(result.accepted),
        "not_accepted": result.refused or None,
        "not_checked": result.unchecked or None,
        "coverage": None
        if coverage is None
        else {
            "percent": coverage.percent,
            "covered": coverage.covered,
            "points": coverage.points,
            "gaps": [
                {"line": gap.line, "column": gap.column, "target": gap.target, "message": gap.message}
                for gap in coverage.gaps
            ],
            "rows": {table: {"used": used, "rows": rows} for table, (used, rows) in coverage.rows.items()},
        },
    }


def _failure_json(failure: Failure) -> dict[str, object]:
    sides = {"expected": failure.expected, "got": failure.got}
    return {
        "line": failure.line,
        "target": failure.target,
        "message": failure.message,
        "rule": failure.rule,
        **{name: value for name, value in sides.items() if value is not MISSING},
    }


def _line(text: str) -> None:
    out.print(text, soft_wrap=True)
