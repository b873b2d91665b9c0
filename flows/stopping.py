"""How a run takes being asked to stop: it finishes what is under way, within a time, and is cut off after that."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

log = logging.getLogger("docferry")
T = TypeVar("T")
GRACE = 20.0
"""Seconds for what is under way in a flow run. Prefect kills it 30 s after it asked it to end, and the state has to be told before."""


class StoppedError(Exception):
    """The work was asked to stop and had to be cut off. What was written down is safe, and the next run goes on."""


async def until_stopped(
    work: Callable[[asyncio.Event], Awaitable[T]],
    *,
    grace: float = GRACE,
    signals: Collection[signal.Signals] = (signal.SIGTERM,),
    insisting: bool = False,
) -> T:
    """Await `work(stop)`; the first of these signals sets `stop`, and `grace` seconds later the work is cut off.

    Further signals change nothing, since who stops a flow run may send several; with `insisting` the second one cuts it off.
    Raises StoppedError if the work was cut off. Outside the main thread, where no signals arrive, `stop` is never set.
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
        if stop.is_set():
            if insisting:
                cut_off()
            return
        stop.set()
        more = "; once more to stop at once" if insisting else ""
        log.warning("asked to stop: finishing what is under way, at most %.0f s%s", grace, more)
        loop.call_later(grace, cut_off)

    before = {number: signal.getsignal(number) for number in signals}
    for number in signals:
        loop.add_signal_handler(number, asked)
    try:
        return await task
    except asyncio.CancelledError:
        if cut:
            raise StoppedError(f"Stopped after {grace:.0f} s of grace; nothing is lost, the next run goes on") from None
        raise
    finally:
        for number, earlier in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, earlier)  # in a flow run Prefect's own, which says at the end how the run ended
