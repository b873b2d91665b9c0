"""Findings as SARIF 2.1.0, the form in which code hosts and editors take the results of any linter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mappings.workbench.lint.findings import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mappings.workbench.lint.findings import Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: Iterable[Finding], root: Path, version: str) -> dict[str, Any]:
    """Return one run of this version of docferry. Files below `root` are named from there, others in full."""
    numbers = {code: number for number, code in enumerate(CODES)}
    rules = [
        {"id": code, "shortDescription": {"text": each.help}, "defaultConfiguration": {"level": each.severity.value}}
        for code, each in CODES.items()
    ]
    driver = {"name": "docferry", "version": version, "rules": rules}
    results = [
        {
            "ruleId": each.code,
            "ruleIndex": numbers[each.code],
            "level": each.severity.value,
            "message": {"text": each.message},
            "locations": [_location(each, root)],
        }
        for each in findings
    ]
    # columns count characters, not UTF-16 units, which is what SARIF takes them for otherwise
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _location(finding: Finding, root: Path) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column, "endColumn": finding.end_column}
    if finding.text:
        region["snippet"] = {"text": finding.text}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(finding.path, root)}, "region": region}}


def _uri(path: Path, root: Path) -> str:
    whole = path.resolve()
    return quote(whole.relative_to(root).as_posix()) if whole.is_relative_to(root) else whole.as_uri()
