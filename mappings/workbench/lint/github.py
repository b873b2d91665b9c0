"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.workbench.lint.findings import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from mappings.workbench.lint.findings import Finding

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def annotation(finding: Finding, root: Path) -> str:
    """Return one line for one finding. Files below `root` are named from there, others in full."""
    whole = finding.path.resolve()
    properties = {
        "file": whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole),
        "line": finding.line,
        "endLine": finding.line,
        "col": finding.column,
        "endColumn": finding.end_column,
        "title": finding.code,
    }
    named = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {named}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
