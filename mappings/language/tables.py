"""Lookup tables: written in the route file, or kept beside it as csv with the two columns key and value."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.problems import Mark, Problem, RouteError
from mappings.language.values import ValueProblem, text
from mappings.language.yaml_nodes import Mapping, Node, Scalar, kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from mappings.language.problems import Findings

_COLUMNS = 2
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters, except those that end lines or indent; an entry with one in it is never found."""


@dataclass(frozen=True, slots=True)
class Table:
    """A named table from text to values. `source` is the text of its csv file, empty if it stands in the route file."""

    name: str
    rows: dict[str, object]
    source: str = ""

    def find(self, value: object) -> object:
        """Return the entry for text, a number or true/false; missing if there is none. Raises ValueProblem."""
        if isinstance(value, str):
            return self.rows.get(value, MISSING)
        if isinstance(value, bool | int | Decimal | float):
            return self.rows.get(text(value), MISSING)
        raise ValueProblem(f"cannot be looked up in table '{self.name}': it is not a single value")


def read_tables(node: Node | None, route: Path, findings: Findings) -> dict[str, Table]:
    """Read the route's `tables:`; what is wrong with them goes to `findings`."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        findings.add(node.mark, f"tables: is {kind_of(node)}; write it as name: {{key: value, …}} or name: file.csv")
        return {}
    tables: dict[str, Table] = {}
    for name, entry in node.entries.items():
        # a broken table is kept, empty, so that rules which use it are not reported as well
        tables[name] = Table(name, {})
        try:
            tables[name] = _read_table(name, entry.node, route, findings)
        except RouteError as error:
            findings.problems.extend(error.problems)
    return tables


def _read_table(name: str, node: Node, route: Path, findings: Findings) -> Table:
    if isinstance(node, Mapping):
        return Table(name, _inline_rows(name, node, findings))
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.endswith(".csv"):
        return _read_csv(name, node, node.value, route)
    what = f"'{node.text}'" if isinstance(node, Scalar) and node.text else kind_of(node)
    findings.add(node.mark, f"table '{name}' is {what}; write {{key: value, …}} or the name of a .csv file")
    return Table(name, {})


def _inline_rows(name: str, node: Mapping, findings: Findings) -> dict[str, object]:
    rows: dict[str, object] = {}
    for key, entry in node.entries.items():
        if isinstance(entry.node, Scalar) and entry.node.value is not None:
            rows[key] = entry.node.value
        else:
            findings.add(
                entry.node.mark,
                f"table '{name}': the value for '{key}' is {kind_of(entry.node)}; write one text or number",
            )
    return rows


def _read_csv(name: str, node: Scalar, file: str, route: Path) -> Table:
    folder = route.parent.resolve()
    path = (route.parent / file).resolve()
    if not path.is_relative_to(folder):
        raise _wrong(
            route, node.mark, f"table '{name}': {file} is outside the route's folder; keep tables beside the route"
        )
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise _wrong(route, node.mark, f"table '{name}': there is no file {file} in {route.parent}") from None
    except UnicodeDecodeError:
        raise _wrong(route, node.mark, f"table '{name}': {file} is not UTF-8; save it as 'CSV UTF-8'") from None
    except OSError as error:
        raise _wrong(route, node.mark, f"table '{name}': {file} cannot be read ({error.strerror})") from None
    return Table(name, _csv_rows(route.parent / file, content), content)


def _csv_rows(path: Path, content: str) -> dict[str, object]:
    reader = csv.reader(content.splitlines(keepends=True), strict=True)
    rows: dict[str, object] = {}
    lines: dict[str, int] = {}
    header: list[str] | None = None
    problems: list[Problem] = []
    try:
        for row in reader:
            if not any(row):
                continue
            line = reader.line_num
            if header is None:
                header = row
                if [cell.strip().lower() for cell in row] != ["key", "value"]:
                    message = "the first line must be: key,value (with a comma between them)"
                    raise RouteError([Problem(path, line, 1, message)])
                continue
            problem = _row_problem(row, lines)
            if problem:
                problems.append(Problem(path, line, 1, problem))
                continue
            key, value = (cell.strip() for cell in row)
            rows[key], lines[key] = value, line
    except csv.Error as error:
        problems.append(Problem(path, reader.line_num, 1, f"this line is not readable as csv: {error}"))
    if header is None:
        problems.append(Problem(path, 1, 1, "the file is empty; its first line must be: key,value"))
    elif not rows and not problems:
        problems.append(Problem(path, 1, 1, "the table has no entries: nothing follows its first line"))
    if problems:
        raise RouteError(problems)
    return rows


def _row_problem(row: list[str], lines: dict[str, int]) -> str | None:
    if len(row) != _COLUMNS:
        return f"this line has {len(row)} columns instead of 2; put quotes around text that holds a comma"
    key, value = (cell.strip() for cell in row)
    if _UNSEEN.search(key + value):
        return "this line holds a control character that nobody sees; write it anew"
    if not key or not value:
        return f"this line has no {'key' if not key else 'value'}"
    if key in lines:
        return f"duplicate key '{key}' (first on line {lines[key]}); keep one of them"
    return None


def _wrong(path: Path, mark: Mark, message: str) -> RouteError:
    return RouteError([Problem(path, mark.line, mark.column, message)])
