"""What a database says about its tables, and whether a payload fits into them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from connectors.errors import AccessError, RejectedError
from connectors.sql.values import ValueProblem, convert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from connectors.contract import Fields
    from connectors.sql.declared import ChildTable, TableStream

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Child:
    """A child table. `references` is the main table's column that `parent` holds: unique, and never null."""

    table: sa.Table
    parent: str
    position: str
    references: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A payload, ready to be bound: the main row without its key, and the children's rows without their parent."""

    row: Row
    children: Mapping[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The tables of one stream as they were found. `id_column` is what rows are known by at the far end."""

    table: sa.Table
    key: str
    id_column: str
    children: Mapping[str, Child]
    connection: str
    dialect: str

    def prepare(self, payload: Fields) -> Prepared:
        """Convert a payload. Raises RejectedError with everything that does not fit, without quoting values."""
        problems: list[str] = []
        columns = {name: value for name, value in payload.items() if name not in self.children}
        row = self._row(self.table, columns, "", {self.key}, problems, self.children)
        children = {}
        for name, child in self.children.items():
            items = payload.get(name) or []
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                problems.append(f"{name} is not a list of objects")
                continue
            given = {child.parent, child.position}
            children[name] = [
                self._row(child.table, cast("Fields", item), f"{name}[{number}].", given, problems)
                for number, item in enumerate(items)
            ]
        if problems:
            raise RejectedError(f"{self.connection}: {'; '.join(problems)}", connection=self.connection)
        return Prepared(row, children)

    def bound_key(self, key: str) -> object:
        """Return the delivery's key for its column. Raises RejectedError if it does not fit."""
        try:
            return convert(key, self.table.c[self.key].type, self.dialect)
        except ValueProblem as problem:
            raise RejectedError(f"{self.connection}: {self.key} {problem}", connection=self.connection) from None

    def bound_id(self, external_id: str) -> int | str | UUID | None:
        """Return a far-end id for its column, None if it can be none of this table's."""
        kind = self.table.c[self.id_column].type
        try:
            plain = int(external_id) if isinstance(kind, sa.Integer) else external_id
            return cast("int | str | UUID", convert(plain, kind, self.dialect))
        except (ValueProblem, ValueError):
            return None

    def _row(
        self,
        table: sa.Table,
        given: Fields,
        place: str,
        ours: Collection[str],
        problems: list[str],
        others: Collection[str] = (),
    ) -> Row:
        row: Row = {}
        free = [column.name for column in table.columns if column.name not in ours]
        for name, value in given.items():
            column = table.columns.get(name)
            if column is None or name in ours:
                why = "is filled by docferry" if name in ours else f"is no column of {table.name}"
                problems.append(f"{place}{name} {why}{_near(name, [*free, *others])}")
            elif fills_itself(column):
                problems.append(f"{place}{name} is filled by the database")
            elif value is None and not column.nullable:
                problems.append(f"{place}{name} is null, and the column must not be")
            else:
                try:
                    row[name] = convert(value, column.type, self.dialect)
                except ValueProblem as problem:
                    problems.append(f"{place}{name} {problem}")
        missing = [name for name in free if name not in given and needs(table, table.c[name])]
        problems.extend(f"{place}{name} is missing, and {table.name} needs it" for name in missing)
        return row


def read_shape(connection: sa.Connection, name: str, declared: TableStream, stream: str, key: str) -> Shape:
    """Read the tables of a stream. Raises AccessError, with the next step, if they are not as they must be."""
    table = _table(connection, name, declared.table or stream)
    key = _column(name, table, declared.key or key, "to hold the delivery's key")
    if not _unique(connection, table, key):
        raise AccessError(
            f"{name}: {table.name}.{key} must be unique, or a document could be there twice: "
            f"CREATE UNIQUE INDEX {table.name}_{key} ON {table.fullname} ({key})",
            connection=name,
        )
    children = {field: _child(connection, name, table, key, child) for field, child in declared.children.items()}
    return Shape(table, key, _id_column(table, key), children, name, connection.dialect.name)


def _child(connection: sa.Connection, name: str, table: sa.Table, key: str, declared: ChildTable) -> Child:
    child = _table(connection, name, declared.table)
    _column(name, child, declared.parent, "that names the main row")
    _column(name, child, declared.position, "for the position")
    references = _column(name, table, declared.references or _id_column(table, key), "that children refer to")
    # Children are replaced by what they refer to: a value that two rows share, or none, would take others' children along.
    if not _unique(connection, table, references):
        raise AccessError(
            f"{name}: {table.name}.{references} must be unique, or documents would share the rows of {child.name}: "
            f"CREATE UNIQUE INDEX {table.name}_{references} ON {table.fullname} ({references}), "
            "or declare another column as `references`",
            connection=name,
        )
    if table.c[references].nullable and references != key and references not in table.primary_key.columns:
        raise AccessError(
            f"{name}: {table.name}.{references} may be null, and rows of {child.name} would belong to no document: "
            "make it NOT NULL, or declare another column as `references`",
            connection=name,
        )
    return Child(child, declared.parent, declared.position, references)


def _table(connection: sa.Connection, name: str, wanted: str) -> sa.Table:
    schema, _, table = wanted.rpartition(".")
    try:
        # resolve_fks: what a table refers to is nothing to us
        return sa.Table(table, sa.MetaData(), schema=schema or None, autoload_with=connection, resolve_fks=False)
    except sa.exc.NoSuchTableError:
        there = sa.inspect(connection).get_table_names(schema=schema or None)
        raise AccessError(
            f"{name}: there is no table {wanted}, or this user may not see it{_near(table, there)}", connection=name
        ) from None


def _column(name: str, table: sa.Table, wanted: str, what: str) -> str:
    if wanted not in table.columns:
        near = _near(wanted, [column.name for column in table.columns])
        raise AccessError(f"{name}: {table.name} has no column {wanted} {what}{near}", connection=name)
    return wanted


def _unique(connection: sa.Connection, table: sa.Table, key: str) -> bool:
    """Say whether the database lets every key in only once."""
    if [column.name for column in table.primary_key.columns] == [key]:
        return True
    rules = [
        [column.name for column in rule.columns] for rule in table.constraints if isinstance(rule, sa.UniqueConstraint)
    ]
    # SQLite tells of most constraints as indexes, and only if it is asked for them
    asked = {"include_auto_indexes": True} if connection.dialect.name == "sqlite" else {}
    for index in sa.inspect(connection).get_indexes(table.name, table.schema, **asked):
        # an index with a condition lets the same key in twice where the condition is not met
        whole = not any(name.endswith("_where") and value for name, value in index.get("dialect_options", {}).items())
        if index["unique"] and whole:
            rules.append([str(name) for name in index["column_names"]])
    return [key] in rules


def _id_column(table: sa.Table, key: str) -> str:
    """Return the primary key if it is one column of a plain kind, else the key."""
    columns = list(table.primary_key.columns)
    plain = len(columns) == 1 and isinstance(columns[0].type, sa.Integer | sa.Uuid | sa.String)
    return columns[0].name if plain else key


def fills_itself(column: sa.Column[object]) -> bool:
    """Say whether the database alone makes the values of a column."""
    return column.computed is not None or (column.identity is not None and bool(column.identity.always))


def needs(table: sa.Table, column: sa.Column[object]) -> bool:
    """Say whether a row cannot be without a value for this column."""
    filled = column.server_default is not None or column.identity is not None or column.computed is not None
    return not (column.nullable or filled or column is table.autoincrement_column)


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
