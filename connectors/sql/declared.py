"""What an operator declares of a stream whose table is not simply called like it, or that has child tables."""

from __future__ import annotations

from pydantic import Field

from connectors.declarations import Declared


class ChildTable(Declared):
    """A table with one row per object of a list. `parent` holds the main row's `references` (default: its primary key)."""

    table: str
    parent: str
    position: str = "position"
    references: str | None = None


class TableStream(Declared):
    """A stream. `table` may have a schema in front (`dwh.invoices`); `key` is the column of the delivery's key."""

    table: str | None = None
    key: str | None = None
    children: dict[str, ChildTable] = Field(default_factory=dict)
