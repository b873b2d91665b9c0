"""What a Zefort account says of itself: the names of its tags and binders. It has no call that lists attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import AccessError, NoSuchCallError, RejectedError
from connectors.learning import Declaration
from connectors.zefort import client as paths
from connectors.zefort import models

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from connectors.zefort.client import ZefortClient

FORBIDDEN = 403
PAGES = 40
"""How many pages of each list are read: more names than that help nobody who looks for one."""


async def declares(client: ZefortClient, streams: Collection[str]) -> AsyncIterator[Declaration]:
    """Yield the names of tags and of binders. A list that may not be read teaches nothing."""
    del streams
    for what, path, key in (("tags", paths.TAGS, "tag_name"), ("binders", paths.BINDERS, "name")):
        try:
            rows = [row async for row in client.rows(path, most=PAGES)]
        except (RejectedError, NoSuchCallError, AccessError) as error:
            if isinstance(error, AccessError) and error.status != FORBIDDEN:
                raise
            yield Declaration(what, {}, f"no {what}, they cannot be listed")
            continue
        names = sorted({name for row in rows if (name := models.text(row.get(key)))})
        yield Declaration(what, {"x-extensible-enum": names}, f"{len(names)} {what}")
