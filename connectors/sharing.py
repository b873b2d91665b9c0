"""One piece of work for everybody who asks for it while it is under way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


async def shared(
    under_way: dict[str, asyncio.Task[T]], key: str, work: Callable[[], Coroutine[object, object, T]]
) -> T:
    """Do a piece of work once for all who want it at the same time. They share its failure as well as its result.

    One who is cancelled does not take it away from the others; if nobody is left, its failure is nobody's.
    """
    task = under_way.get(key)
    if task is None:
        task = under_way[key] = asyncio.create_task(work())
        task.add_done_callback(lambda done: (under_way.pop(key, None), done.cancelled() or done.exception()))
    return await asyncio.shield(task)
