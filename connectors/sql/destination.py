"""Rows as a destination: one per document, written with its child rows in one transaction, again and again to the same end."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connectors.contract import Outcome, State
from connectors.errors import ConnectorError, RejectedError
from connectors.later import ANY
from connectors.sql import schemas
from connectors.sql.later import LATER
from connectors.sql.tables import read_shape

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from connectors.contract import Delivery, Fields, Journal
    from connectors.fields import JsonSchema
    from connectors.sql.database import Database
    from connectors.sql.declared import TableStream
    from connectors.sql.tables import Prepared, Row, Shape

_WRITTEN = "written"
_COLUMNS = "columns"
"""The step that keeps which columns a row was given: those that a later payload leaves out are emptied, no others."""


class Rows:
    """One stream. Its tables are read once, at the first document."""

    later = LATER[ANY]

    def __init__(self, database: Database, declared: TableStream, stream: str, key: str) -> None:
        self._database = database
        self._declared = declared
        self._stream = stream
        self._key = key
        self._known: Shape | None = None

    @property
    def schema(self) -> JsonSchema:
        """The tables' columns; any, as long as the database cannot be asked. The first look waits for the tables to be read."""
        try:
            shape = self._shape_now()
        except ConnectorError:  # told where it stops something: by `check` and `push`
            shape = None
        return schemas.read(shape) if shape is not None else schemas.unread(self._stream, self._declared, self._key)

    def check(self, payload: Fields) -> None:
        """Raise RejectedError with everything that does not fit into the tables; AccessError if those are not right.

        The first check waits for the tables to be read. While the database is out of reach, `push` is left to check.
        """
        if (shape := self._shape_now()) is not None:
            shape.prepare(payload)

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Make the tables show exactly this delivery. Return the row's primary key, or its delivery key."""
        if delivery.files:
            raise RejectedError(
                f"{self._database.name}: a table takes no files; write `files: none` into the route",
                connection=self._database.name,
            )
        shape = await self._shape()
        prepared = shape.prepare(delivery.payload)
        key = shape.bound_key(delivery.key)

        async def write() -> str:
            given = set(journal.results(_COLUMNS).get(_COLUMNS, "").split("\n")) - {""}
            await journal.record(_COLUMNS, "\n".join(sorted(given | set(prepared.row))))
            gone = given - set(prepared.row)
            try:
                return await self._database.do(lambda connection: _put(connection, shape, key, prepared, gone))
            except RejectedError:
                # A row with the same key may have come in between; then it is there now, and the second write updates it.
                return await self._database.do(lambda connection: _put(connection, shape, key, prepared, gone))

        # Written again after a crash or a lost answer it ends in the same rows: that is how it is looked for.
        await journal.forget(_WRITTEN)
        return await journal.once(_WRITTEN, write, write)

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:  # noqa: ARG002 -- part of the contract
        """Say that the document is there as long as its row is."""
        shape = await self._shape()
        bound = shape.bound_id(external_id)
        known_by = shape.table.c[shape.id_column]

        def look(connection: sa.Connection) -> bool:
            query = sa.select(sa.literal(1)).select_from(shape.table).where(known_by == bound)
            return connection.execute(query).first() is not None

        if bound is not None and await self._database.do(look):
            return Outcome(State.ACCEPTED)
        # Not for sure: whoever reloads a table empties it first.
        return Outcome(State.GONE, f"its row in {shape.table.name} is not there any more", sure=False)

    async def dropped(self) -> AsyncIterator[str]:
        """List nothing: that a row is gone is only known by looking for it."""
        return
        yield

    def _shape_now(self) -> Shape | None:
        if self._known is None:
            self._known = self._database.now(self._read)
        return self._known

    async def _shape(self) -> Shape:
        if self._known is None:
            self._known = await self._database.do(self._read)
        return self._known

    def _read(self, connection: sa.Connection) -> Shape:
        return read_shape(connection, self._database.name, self._declared, self._stream, self._key)


def _put(connection: sa.Connection, shape: Shape, key: object, prepared: Prepared, gone: Collection[str]) -> str:
    """Write a document's rows. Columns that are `gone` from the payload are emptied where they may be."""
    table = shape.table
    ours = table.c[shape.key] == key
    wanted = dict.fromkeys([shape.id_column, *(child.references for child in shape.children.values())])
    look = sa.select(*(table.c[name] for name in wanted)).where(ours)
    there = connection.execute(look.with_for_update()).first()
    if there is None:
        connection.execute(sa.insert(table).values({**prepared.row, shape.key: key}))
    else:
        # First, since a change may alter what they refer to: under the new value they would not be found any more.
        _drop_children(connection, shape, there._asdict())
        emptied = {name: sa.null() for name in gone if name in table.c and table.c[name].nullable}
        if values := {**emptied, **prepared.row}:
            connection.execute(sa.update(table).where(ours).values(values))
    main = connection.execute(look).one()._asdict()
    _drop_children(connection, shape, main)
    for name, child in shape.children.items():
        rows = [
            {**row, child.parent: main[child.references], child.position: position}
            for position, row in enumerate(prepared.children[name], 1)
        ]
        for _, alike in groupby(rows, key=_columns):
            connection.execute(sa.insert(child.table), list(alike))
    return str(main[shape.id_column])


def _drop_children(connection: sa.Connection, shape: Shape, main: Row) -> None:
    """Delete the child rows of a main row, by what they refer to."""
    for child in shape.children.values():
        parent = main[child.references]
        if parent is None:  # by a trigger, say, or a table altered since it was read
            raise RejectedError(
                f"{shape.connection}: {shape.table.name}.{child.references} is null in the document's row, and children "
                "refer to it",
                connection=shape.connection,
            )
        connection.execute(sa.delete(child.table).where(child.table.c[child.parent] == parent))


def _columns(row: Row) -> list[str]:
    return sorted(row)
