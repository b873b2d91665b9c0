"""`docferry map lint`: the findings of routes, for people, for machines, and for the pages of code hosts."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from flows import output
from flows.map_linting import lint_files, read_samples, route_files
from flows.map_testing import shown
from flows.settings import load_gateway
from mappings.workbench.lint import Severity, annotation, sarif

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mappings.workbench.lint import Finding

app = typer.Typer()
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_WIDEST = 160
"""How many characters of a line of a file are shown."""


class Form(StrEnum):
    """In which form findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@app.command()
def lint(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ROUTE|FILE]…",
            help="Routes by name, or files; a folder means its routes, a table all that use it. All routes if left out.",
            show_default=False,
        ),
    ] = None,
    sample: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A JSON document of the source: what it has counts as known. May be repeated."
        ),
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="From which severity on findings make the exit code 1.")
    ] = Severity.ERROR,
    unmapped: Annotated[bool, typer.Option(help="Note which fields of the source no rule reads.")] = True,
    form: Annotated[Form, typer.Option("--format", help="How findings are printed.")] = Form.TEXT,
    json_: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Find what is wrong with routes, or hardly meant so, before a document meets them.

    Paths and targets are compared with what the source gives and the destination takes, types are followed through
    expressions and tables, and conditions are tried out. No account and no network is needed. docs/map-commands.md lists
    all codes.
    """
    gateway = load_gateway()
    files = route_files(gateway, what or ())
    samples = read_samples(sample or ())
    linted = lint_files(gateway, files, samples, unmapped=unmapped)
    findings = [finding for each in linted for finding in each.findings]
    bad = [finding for finding in findings if finding.severity.reaches(fail_on)]
    form = Form.JSON if json_ else form
    if form is Form.JSON:
        counts = Counter(finding.severity for finding in findings)
        numbers = {f"{severity}s": counts[severity] for severity in Severity}
        output.print_json(
            {"ok": not bad, "files": len(files), **numbers, "findings": [_json(each) for each in findings]}
        )
    elif form is Form.SARIF:
        output.print_json(sarif(findings, Path.cwd(), version("docferry")))
    elif form is Form.GITHUB:
        for finding in findings:
            output.out.print(Text(annotation(finding, Path.cwd())), soft_wrap=True)
    else:
        show_findings(findings)
        output.out.print(Text(f"{counted(findings)} in {'1 file' if len(files) == 1 else f'{len(files)} files'}"))
    raise typer.Exit(int(bool(bad)))


def _json(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "path": shown(finding.path),
        "line": finding.line,
        "column": finding.column,
        "end_column": finding.end_column,
        "message": finding.message,
        "text": finding.text,
    }


def show_findings(findings: Iterable[Finding]) -> None:
    """Print every finding with its line and a caret under what it is about."""
    for finding in findings:
        style = _STYLES[finding.severity]
        place = f"{shown(finding.path)}:{finding.line}:{finding.column}: "
        head = Text.assemble((place, "bold"), (finding.severity, style), ": ", finding.message)
        output.out.print(head.append(f" [{finding.code}]", "dim"), soft_wrap=True)
        line, column = _line(finding)
        number = str(finding.line)
        output.out.print(Text.assemble((f"{number:>5} | ", "dim"), line), soft_wrap=True)
        carets = "^" * max(min(finding.end_column - finding.column, len(line) - column), 1)
        output.out.print(Text.assemble(("      | ", "dim"), " " * column, (carets, style)), soft_wrap=True)


def counted(findings: Iterable[Finding]) -> str:
    """Say how many findings there are, by severity."""
    counts = Counter(finding.severity for finding in findings)
    words = [f"{counts[each]} {each}{'' if counts[each] == 1 else 's'}" for each in Severity if counts[each]]
    return ", ".join(words) or "nothing found"


def _line(finding: Finding) -> tuple[str, int]:
    """Return what is shown of the line of a finding, and where in it the finding begins."""
    line = finding.source.expandtabs(1)
    start = max(finding.column - 1 - _WIDEST // 2, 0) if len(line) > _WIDEST else 0
    part = line[start : start + _WIDEST]
    return "".join(letter if letter.isprintable() else "�" for letter in part), finding.column - 1 - start
