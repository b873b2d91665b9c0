"""Reads `tables:`: which ways there are to write one, and what is wrong with entries, at their place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mappings.language.conversions import TYPES, Options
from mappings.language.csv_rows import read_rows
from mappings.language.files import UnreadableError
from mappings.language.model import TABLE_KEYS, UNKNOWN_WORDS
from mappings.language.problems import Problem, RouteError, near, suggestion
from mappings.language.tables import Table
from mappings.language.values import ValueProblem
from mappings.language.yaml_nodes import Entry, Mapping, Node, Scalar, kind_of, plain_data

if TYPE_CHECKING:
    from pathlib import Path

    from mappings.language.files import Files
    from mappings.language.problems import Findings, Mark

TABLE_TYPES = ("boolean", "date", "decimal", "integer", "string")
"""What the values of a table may be converted to."""


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads the tables of one route; what is wrong with them goes to `findings`."""

    files: Files
    findings: Findings

    def tables(self, node: Node | None) -> dict[str, Table]:
        """Read the route's `tables:`."""
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self.findings.add(
                node.mark, f"tables: is {kind_of(node)}; write it as name: {{key: value, …}} or name: file.csv"
            )
            return {}
        return {name: self._table(Table(name, {}, mark=entry.mark), entry.node) for name, entry in node.entries.items()}

    def _table(self, table: Table, node: Node) -> Table:
        # a broken table is kept, empty, so that rules which use it are not reported as well
        if isinstance(node, Mapping) and _is_long(node):
            return self._long(table, node)
        if isinstance(node, Mapping):
            return self._inline(table, node)
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.endswith(".csv"):
            return self._csv(table, node.mark, node.value)
        what = f"'{node.text}'" if isinstance(node, Scalar) and node.text else kind_of(node)
        self.findings.add(
            node.mark, f"table '{table.name}' is {what}; write {{key: value, …}} or the name of a .csv file"
        )
        return table

    def _long(self, table: Table, node: Mapping) -> Table:
        for key, entry in node.entries.items():
            if key not in TABLE_KEYS:
                self.findings.add(entry.mark, f"table '{table.name}': unknown key '{key}'{suggestion(key, TABLE_KEYS)}")
        kind = self._word(table, node, "type", TABLE_TYPES)
        table = replace(table, type=kind, unknown=self._word(table, node, "unknown", UNKNOWN_WORDS) or "missing")
        file, rows = node.entries.get("file"), node.entries.get("rows")
        if file and rows:
            self.findings.add(rows.mark, f"table '{table.name}' has both file and rows; keep one of them")
        elif rows and isinstance(rows.node, Mapping):
            return self._inline(table, rows.node)
        elif rows:
            self.findings.add(rows.node.mark, f"rows: is {kind_of(rows.node)}; write {{key: value, …}}")
        elif file and _names_file(file):
            return self._csv(table, file.node.mark, str(plain_data(file.node)))
        elif file:
            what = f"'{file.node.text}'" if isinstance(file.node, Scalar) and file.node.text else kind_of(file.node)
            self.findings.add(
                file.node.mark,
                f"table '{table.name}': file: is {what}, not the name of a .csv file (entries go under rows:)",
            )
        return table

    def _word(self, table: Table, node: Mapping, key: str, known: tuple[str, ...] | dict[str, str]) -> str | None:
        content = node.node(key)
        if content is None:
            return None
        if isinstance(content, Scalar) and content.value in known:
            return content.text
        if isinstance(content, Scalar) and content.text:
            told = f"does not know '{content.text}'{suggestion(content.text, known)}"
        else:
            told = f"is {kind_of(content)}; write one of: {', '.join(known)}"
        self.findings.add(content.mark, f"table '{table.name}': {key}: {told}")
        return None

    def _inline(self, table: Table, node: Mapping) -> Table:
        rows: dict[str, object] = {}
        places: dict[str, Mark] = {}
        for key, entry in node.entries.items():
            if isinstance(entry.node, Scalar) and entry.node.value is not None:
                rows[key], places[key] = entry.node.value, entry.node.mark
            else:
                self.findings.add(
                    entry.node.mark,
                    f"table '{table.name}': the value for '{key}' is {kind_of(entry.node)}; write one text or number",
                )
        return self._typed(replace(table, rows=rows, places=places), self.findings.path)

    def _csv(self, table: Table, mark: Mark, file: str) -> Table:
        path = self.findings.path.parent / file
        try:
            content = self.files.text(file)
            rows, places = read_rows(path, content)
        except UnreadableError as error:
            self.findings.add(mark, f"table '{table.name}': {error}")
            return table
        except RouteError as error:
            self.findings.problems.extend(error.problems)
            return table
        return self._typed(replace(table, rows=rows, places=places, file=file, source=content), path)

    def _typed(self, table: Table, path: Path) -> Table:
        """Convert the values; one that cannot be is told where it stands."""
        if table.type is None:
            return table
        convert = TYPES[table.type].make(Options())
        rows: dict[str, object] = {}
        for key, value in table.rows.items():
            try:
                rows[key] = convert({}, value)
            except ValueProblem as problem:
                mark = table.places[key]
                message = f"table '{table.name}': the value for '{key}' {problem}"
                self.findings.problems.append(Problem(path, mark.line, mark.column, message))
        return replace(table, rows=rows)


def _is_long(node: Mapping) -> bool:
    """Say whether a table is written with the keys of TABLE_KEYS, and is not itself a table with such entries."""
    if not node.entries.keys() - TABLE_KEYS.keys() or isinstance(node.node("rows"), Mapping):
        return "file" in node.entries or "rows" in node.entries
    return any(_names_file(entry) for entry in node.entries.values())


def _names_file(entry: Entry) -> bool:
    content = entry.node
    csv = isinstance(content, Scalar) and isinstance(content.value, str) and content.value.endswith(".csv")
    return csv and near(entry.key, TABLE_KEYS) == "file"
