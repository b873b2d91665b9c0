"""A progress bar over a run's tally; to stderr, and only where somebody watches."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from flows.log_lines import logs_json
from flows.output import err
from flows.speed import Speed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from flows.tally import Tally

log = logging.getLogger("docferry")
_EVERY = 15.0
"""Seconds between two lines."""

watched: ContextVar[Tally | None] = ContextVar("watched", default=None)
"""The tally that somebody outside a Prefect flow wants the flow to count on (the demo's bar)."""


@asynccontextmanager
async def following(tally: Tally, name: str, *, quiet: bool = False) -> AsyncIterator[None]:
    """Show how far the run is while the block is active."""
    if quiet or not _shows_bars():
        telling = asyncio.ensure_future(_tell(tally, name))
        try:
            yield
        finally:
            telling.cancel()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]} acknowledged"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    speed = Speed(tally)
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task(name, total=None, told=0, pace="")

        def show() -> None:
            speed.look()
            total = tally.touched or None
            progress.update(bar, completed=tally.settled, total=total, told=tally.told, pace=speed.pace())

        async def watch() -> None:
            while True:
                show()
                await asyncio.sleep(0.2)

        watcher = asyncio.ensure_future(watch())
        try:
            yield
        finally:
            watcher.cancel()
            show()


@contextmanager
def counting(name: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Give what long work tells how far it is (done, of how many; from any thread), and show that while the block is active."""
    if quiet or not _shows_bars():
        told = time.monotonic()

        def tell(done: int, of: int) -> None:
            nonlocal told
            if time.monotonic() - told > _EVERY:
                told = time.monotonic()
                log.info("%s: %d %%", name, 100 * done // max(of, 1))

        yield tell
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task(name, total=None)
        yield lambda done, of: progress.update(bar, completed=done, total=of or None)


async def _tell(tally: Tally, name: str) -> None:
    """Say now and then how far a run is, where nobody sees a bar."""
    speed = Speed(tally)
    while True:
        await asyncio.sleep(_EVERY)
        speed.look()
        pace = speed.pace()
        log.info(
            "%s: %d documents listed or resumed, %d settled, %d acknowledged%s",
            name,
            tally.touched,
            tally.settled,
            tally.told,
            f"; {pace}" if pace else "",
        )


def _shows_bars() -> bool:
    """Return True if somebody watches stderr on a terminal, and it is not for lines of JSON only."""
    return err.is_terminal and not logs_json()
