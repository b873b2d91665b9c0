"""Statements as the driver takes them: written out once, so that a row costs hardly more than its values do."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import StatementError
from sqlalchemy.sql.compiler import SQLCompiler

from state.texts import SIGN, as_it_was, kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Dialect, Select, UpdateBase

_MOST = 100
"""How many rows one INSERT takes. Few enough for every SQLite, which counts the parameters."""
_VALUES = re.compile(r"VALUES (\((?:\?, )*\?\))")

Process = Callable[[Any], Any]


class _Text:
    """The text of one statement, and its values as the driver wants them."""

    def __init__(self, statement: Select[Any] | UpdateBase, names: frozenset[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=sorted(names), for_executemany=True)
        if not isinstance(compiled, SQLCompiler) or compiled.insert_prefetch or compiled.post_compile_params:
            raise TypeError("a prepared statement has neither defaults nor lists")
        processes = {name: _process(bind.type, dialect) for name, bind in compiled.binds.items()}
        self._fixed = {
            name: processes[name](value) if name in processes else value
            for name, value in compiled.construct_params(dict.fromkeys(names)).items()
            if name not in names
        }
        self.text = compiled.string
        self._order = compiled.positiontup
        given = self._order or sorted(names)
        changed = [
            (place if self._order else name, processes[name])
            for place, name in enumerate(given)
            if name in names and name in processes
        ]
        # Most values are texts that stay as they are, or nothing at all: those are told apart without a call.
        self._texts = [key for key, process in changed if process is kept]
        self._others = [(key, process) for key, process in changed if process not in {kept, _same}]

    def values(self, rows: Sequence[Mapping[str, object]]) -> list[Any]:
        """Return rows as the driver takes them: tuples, or dicts by name. Raises StatementError for a value that cannot be kept."""
        try:
            return [self._values(row) for row in rows]
        except ValueError as error:
            raise StatementError(str(error), self.text, None, error, hide_parameters=True) from error

    def _values(self, row: Mapping[str, object]) -> Any:  # noqa: ANN401 -- a tuple or a dict, as the driver has it
        named: Any = {**self._fixed, **row}
        values: Any = named if self._order is None else [named[name] for name in self._order]
        for key in self._texts:
            value = values[key]
            if value is not None and not (value.isascii() and "\0" not in value):
                values[key] = kept(value)
        for key, process in self._others:
            values[key] = process(values[key])
        return values if self._order is None else tuple(values)

    @property
    def positional(self) -> bool:
        """Whether the driver takes tuples."""
        return self._order is not None


class Prepared:
    """One statement for rows that give these names. The rows of one execution give them all."""

    def __init__(self, statement: UpdateBase, names: frozenset[str], dialect: Dialect) -> None:
        """Write it out. Raises InvalidRequestError if it needs another name, TypeError if it has defaults or lists."""
        self._written = written = _Text(statement, names, dialect)
        found = _VALUES.search(written.text) if written.positional else None
        self._group = found[1] if found and found[1].count("?") == written.text.count("?") else None

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Carry it out for every row. Raises SQLAlchemyError, also for a value that cannot be kept."""
        lines, written = self._written.values(rows), self._written.text
        if self._group is None:
            connection.exec_driver_sql(written, lines)
            return
        # One statement with many VALUES. Row by row, sqlite3 lets go of the interpreter lock each time, and a busy event
        # loop then keeps it for a whole switch interval: commits took seconds instead of milliseconds.
        for start in range(0, len(lines), _MOST):
            some = lines[start : start + _MOST]
            text = written.replace(self._group, ", ".join([self._group] * len(some)), 1)
            connection.exec_driver_sql(text, tuple([value for line in some for value in line]))


class Question:
    """One query for these values. Each row of its answer is a named tuple."""

    def __init__(self, query: Select[Any], names: frozenset[str], dialect: Dialect) -> None:
        """Write it out. Raises InvalidRequestError if it needs another value, TypeError if it has lists."""
        self._written = _Text(query, names, dialect)
        columns = list(query.selected_columns)
        kind: Any = namedtuple  # noqa: PYI024 -- only here its names are known
        self._make: Callable[[Sequence[object]], Any] = kind("Found", [c.key or "" for c in columns], rename=True)._make
        read = [
            (place, process)
            for place, column in enumerate(columns)
            if (process := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]
        self._texts = [place for place, process in read if process is as_it_was]
        self._others = [(place, process) for place, process in read if process is not as_it_was]

    def ask(self, connection: Connection, **values: object) -> list[Any]:
        """Return all rows. Raises SQLAlchemyError."""
        found = connection.exec_driver_sql(self._written.text, self._written.values([values])[0]).all()
        return [self._make(self._as_read(row)) for row in found]

    def _as_read(self, row: Sequence[object]) -> Sequence[object]:
        values: list[Any] = list(row)
        for place in self._texts:
            value = values[place]
            if value is not None and SIGN in value:
                values[place] = as_it_was(value)
        for place, process in self._others:
            values[place] = process(values[place])
        return values


@lru_cache(maxsize=256)
def prepared(statement: UpdateBase, names: frozenset[str], dialect: Dialect) -> Prepared:
    """Return a statement as this database's driver takes it."""
    return Prepared(statement, names, dialect)


@lru_cache(maxsize=256)
def _question(query: Select[Any], names: frozenset[str], dialect: Dialect) -> Question:
    return Question(query, names, dialect)


def ask(connection: Connection, query: Select[Any], **values: object) -> list[Any]:
    """Return the rows, named tuples, of a query that lives as long as the program. Raises SQLAlchemyError."""
    return _question(query, frozenset(values), connection.dialect).ask(connection, **values)


def carry_out(connection: Connection, statement: UpdateBase, **values: object) -> None:
    """Execute a statement that lives as long as the program. Raises SQLAlchemyError."""
    prepared(statement, frozenset(values), connection.dialect).execute(connection, [values])


def _same(value: object) -> object:
    return value


def _process(type_: Any, dialect: Dialect) -> Process:  # noqa: ANN401 -- SQLAlchemy's types have as many parameters
    return type_.dialect_impl(dialect).bind_processor(dialect) or _same
