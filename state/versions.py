"""The mappings that runs have used, each with the texts it was made of, so that it can be compiled again."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from state.models import mapping_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """One version of a route's mapping. `bundle` has the texts by file name, the route's own file among them."""

    route: str
    version: str
    first_used_at: datetime
    last_used_at: datetime
    bundle: Mapping[str, str]


def use(connection: Connection, route: str, version: str, bundle: Mapping[str, str], now: datetime) -> bool:
    """Write down that a run uses a version; return whether all that others had judged was tried under it already."""
    known = select(mapping_version.c.version, mapping_version.c.tried_at).where(mapping_version.c.route == route)
    last = connection.execute(known.order_by(mapping_version.c.last_used_at.desc()).limit(1)).one_or_none()
    this = (mapping_version.c.route == route) & (mapping_version.c.version == version)
    if last is not None and last.version == version:
        connection.execute(update(mapping_version).where(this).values(last_used_at=now))
        return last.tried_at is not None
    # Used before or not: since then, others have judged documents.
    if connection.execute(update(mapping_version).where(this).values(last_used_at=now, tried_at=None)).rowcount:
        return False
    content = zlib.compress(json.dumps(dict(bundle), ensure_ascii=False).encode())
    connection.execute(
        insert(mapping_version).values(
            route=route, version=version, first_used_at=now, last_used_at=now, tried_at=None, bundle=content
        )
    )
    return False


def tried(connection: Connection, route: str, version: str, now: datetime) -> None:
    """Write down that everything that other versions had judged was tried under this one."""
    this = (mapping_version.c.route == route) & (mapping_version.c.version == version)
    connection.execute(update(mapping_version).where(this).values(tried_at=now))


def find(connection: Connection, route: str, version: str | None) -> MappingVersion | None:
    """Read a version, or with None the one that was used last."""
    query = select(
        mapping_version.c.route,
        mapping_version.c.version,
        mapping_version.c.first_used_at,
        mapping_version.c.last_used_at,
        mapping_version.c.bundle,
    ).where(mapping_version.c.route == route)
    if version is not None:
        query = query.where(mapping_version.c.version == version)
    row = connection.execute(query.order_by(mapping_version.c.last_used_at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return MappingVersion(
        row.route, row.version, row.first_used_at, row.last_used_at, json.loads(zlib.decompress(row.bundle))
    )
