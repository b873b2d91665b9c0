"""How a flow run takes a SIGTERM: it finishes what is under way. Prefect sends one to cancel a run, or when it stops."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger("docferry")
T = TypeVar("T")
GRACE = 20.0
"""Seconds for what is under way. Prefect kills a run 30 s after it asked it to end, and the state has to be told before."""


class StoppedError(Exception):
    """The work was asked to stop and had to be cut off. What was written down is safe, and the next run goes on."""


async def until_stopped(work: Callable[[asyncio.Event], Awaitable[T]], *, grace: float = GRACE) -> T:
    """Await `work(stop)`; the first SIGTERM sets `stop`, and `grace` seconds later the work is cut off.

    Further signals change nothing: who stops a run may send several. Raises StoppedError if the work was cut off.
    Outside the main thread, where no signals arrive, `stop` is never set.
    """
    stop = asyncio.Event()
    task = asyncio.ensure_future(work(stop))
    if threading.current_thread() is not threading.main_thread():
        return await task
    loop = asyncio.get_running_loop()
    cut = False

    def cut_off() -> None:
        nonlocal cut
        cut = True
        task.cancel()

    def asked() -> None:
        if not stop.is_set():
            stop.set()
            log.warning("asked to stop: finishing what is under way, at most %.0f s", grace)
            loop.call_later(grace, cut_off)

    before = signal.getsignal(signal.SIGTERM)
    loop.add_signal_handler(signal.SIGTERM, asked)
    try:
        return await task
    except asyncio.CancelledError:
        if cut:
            raise StoppedError(f"Stopped after {grace:.0f} s of grace; nothing is lost, the next run goes on") from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)  # Prefect's own, which says at the end how the run ended
