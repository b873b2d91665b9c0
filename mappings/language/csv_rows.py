"""Reads the csv file of a table: two columns, a first line that names them, and every entry with its line."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from mappings.language.problems import Mark, Problem, RouteError

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = 2
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters, except those that end lines or indent; an entry with one in it is never found."""


def read_rows(path: Path, content: str) -> tuple[dict[str, object], dict[str, Mark]]:
    """Return the entries of a csv file and their places in it. Raises RouteError with every problem at its line."""
    reader = csv.reader(io.StringIO(content), strict=True)
    rows: dict[str, object] = {}
    places: dict[str, Mark] = {}
    header: list[str] | None = None
    problems: list[Problem] = []
    before = 0
    try:
        for row in reader:
            line, before = before + 1, reader.line_num
            if not any(row):
                continue
            if header is None:
                header = row
                if [cell.strip().lower() for cell in row] != ["key", "value"]:
                    message = "the first line must be: key,value (with a comma between them)"
                    raise RouteError([Problem(path, line, 1, message)])
                continue
            problem = _row_problem(row, places)
            if problem:
                problems.append(Problem(path, line, 1, problem))
                continue
            key, value = (cell.strip() for cell in row)
            rows[key], places[key] = value, Mark(line, 1)
    except csv.Error as error:
        problems.append(Problem(path, reader.line_num, 1, f"this line is not readable as csv: {error}"))
    if header is None:
        problems.append(Problem(path, 1, 1, "the file is empty; its first line must be: key,value"))
    elif not rows and not problems:
        problems.append(Problem(path, 1, 1, "the table has no entries: nothing follows its first line"))
    if problems:
        raise RouteError(problems)
    return rows, places


def _row_problem(row: list[str], places: dict[str, Mark]) -> str | None:
    if len(row) != _COLUMNS:
        return f"this line has {len(row)} columns instead of 2; put quotes around text that holds a comma"
    key, value = (cell.strip() for cell in row)
    if _UNSEEN.search(key + value):
        return "this line holds a control character that nobody sees; write it anew"
    if not key or not value:
        return f"this line has no {'key' if not key else 'value'}"
    if key in places:
        return f"duplicate key '{key}' (first on line {places[key].line}); keep one of them"
    return None
