"""What of SQL is written the same way for every database the ledger is kept in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, Text, bindparam

# SQLite takes PostgreSQL's form of INSERT … ON CONFLICT; the other way round SQLAlchemy refuses.
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from state.texts import Text as KeptText
from state.texts import kept

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Column, Dialect
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine

Id = BigInteger().with_variant(Integer(), "sqlite")
"""Row numbers: events alone may pass two thousand million in some years. SQLite numbers rows by itself only as INTEGER."""


class _Several(TypeDecorator["Collection[Any]"]):
    """Row numbers as one value, however many they are: an array, in SQLite a JSON text."""

    impl = Text
    cache_ok = True
    one: ClassVar[type[TypeEngine[Any]]] = BigInteger

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database has for it."""
        here: TypeEngine[Any] = Text() if dialect.name == "sqlite" else ARRAY(self.one())
        return dialect.type_descriptor(here)

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> object:
        """Write them down."""
        values = list(value or ())
        return json.dumps(values) if dialect.name == "sqlite" else values


class _Texts(_Several):
    """The same of texts, each as it is kept."""

    cache_ok = True
    one = Text

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> object:
        """Write them down."""
        return super().process_bind_param([kept(text) for text in value or ()], dialect)


class among(FunctionElement[bool]):  # noqa: N801 -- reads as the SQL operator it is
    """Whether a row number, or a text, is one of those that are given under a name: like IN, but always the same text."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Column[int] | Column[str], name: str) -> None:
        super().__init__(column, bindparam(name, type_=_Texts() if isinstance(column.type, KeptText) else _Several()))

    def self_group(self, against: object = None) -> among:  # noqa: ARG002 -- SQLAlchemy's signature
        """Stand in a WHERE as it is: SQLAlchemy would write `= 1` behind it, and SQLite then reads the whole table."""
        return self


@compiles(among, "sqlite")
def _sqlite_among(element: among, compiler: SQLCompiler, **options: object) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 -- a column and a placeholder


@compiles(among, "postgresql")
def _postgres_among(element: among, compiler: SQLCompiler, **options: object) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY({ids})"


__all__ = ["Id", "among", "upsert"]
