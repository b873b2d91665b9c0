"""Statements as the driver takes them: written out once, so that a row costs hardly more than its values do."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import StatementError
from sqlalchemy.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Dialect, UpdateBase

_MOST = 100
"""How many rows one INSERT takes. Few enough for every SQLite, which counts the parameters."""
_VALUES = re.compile(r"VALUES (\((?:\?, )*\?\))")

Process = Callable[[Any], Any]


class Prepared:
    """One statement for rows that give these names. The rows of one execution give them all."""

    def __init__(self, statement: UpdateBase, names: frozenset[str], dialect: Dialect) -> None:
        """Write it out. Raises InvalidRequestError if it needs another name, TypeError if it has defaults or lists."""
        compiled = statement.compile(dialect=dialect, column_keys=sorted(names), for_executemany=True)
        if not isinstance(compiled, SQLCompiler) or compiled.insert_prefetch or compiled.post_compile_params:
            raise TypeError("a prepared statement has neither defaults nor lists")
        processes = {name: _process(bind.type, dialect) for name, bind in compiled.binds.items()}
        self._fixed = {
            name: processes[name](value) if name in processes else value
            for name, value in compiled.construct_params(dict.fromkeys(names)).items()
            if name not in names
        }
        self._changed = [
            (name, process) for name, process in processes.items() if name in names and process is not _same
        ]
        self._text = compiled.string
        self._order = compiled.positiontup
        found = _VALUES.search(self._text) if self._order is not None else None
        self._group = found[1] if found and found[1].count("?") == self._text.count("?") else None

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Carry it out for every row. Raises SQLAlchemyError, also for a value that cannot be kept."""
        try:
            given = [self._values(row) for row in rows]
        except ValueError as error:
            raise StatementError(str(error), self._text, None, error, hide_parameters=True) from error
        if self._order is None:
            connection.exec_driver_sql(self._text, given)
            return
        order = self._order
        lines = [tuple([values[name] for name in order]) for values in given]
        if self._group is None:
            connection.exec_driver_sql(self._text, lines)
            return
        # One statement with many VALUES. Row by row, sqlite3 lets go of the interpreter lock each time, and a busy event
        # loop then keeps it for a whole switch interval: commits took seconds instead of milliseconds.
        for start in range(0, len(lines), _MOST):
            some = lines[start : start + _MOST]
            text = self._text.replace(self._group, ", ".join([self._group] * len(some)), 1)
            connection.exec_driver_sql(text, tuple([value for line in some for value in line]))

    def _values(self, row: Mapping[str, object]) -> dict[str, object]:
        values = {**self._fixed, **row}
        for name, process in self._changed:
            values[name] = process(values[name])
        return values


@lru_cache(maxsize=256)
def prepared(statement: UpdateBase, names: frozenset[str], dialect: Dialect) -> Prepared:
    """Return a statement as this database's driver takes it."""
    return Prepared(statement, names, dialect)


def _same(value: object) -> object:
    return value


def _process(type_: Any, dialect: Dialect) -> Process:  # noqa: ANN401 -- SQLAlchemy's types have as many parameters
    return type_.dialect_impl(dialect).bind_processor(dialect) or _same
