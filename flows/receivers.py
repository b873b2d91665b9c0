"""Who is told of alarms outside of Prefect: addresses of Apprise, such as a webhook, a mailbox or a channel."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from connectors.secrets import hide, mask
from connectors.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apprise import Apprise

    from flows.alarm_book import Message
    from flows.settings import Gateway

_BETWEEN = re.compile(r"[\s,]+(?=[A-Za-z0-9]+://)")
"""Addresses may have commas in them."""
_PARTS = re.compile(r"[/:@?&=,]+")
_NAMED = re.compile(r"^[a-z0-9.-]{1,20}$")
"""What of an address is taken for a name, a port or an option, unless it has the length of a secret."""


class Receiver(Protocol):
    """Somebody who can be told."""

    @property
    def id(self) -> str:
        """What makes it the same receiver at the next check; may be a secret."""
        ...

    @property
    def name(self) -> str:
        """What it is called in messages to the operator; no secret."""
        ...

    async def tell(self, message: Message) -> str | None:
        """Deliver a message; return None once it was taken, else why it was not."""
        ...


class AppriseReceiver:
    """One address of Apprise."""

    def __init__(self, url: str, number: int) -> None:
        """Take an address; `number` is its place in the setting, from 1. Raises SettingsError if Apprise does not know such an address."""
        import apprise  # noqa: PLC0415 -- it takes most of a second

        # Any part of it may be secret; in some services the host is.
        login = urlsplit(url).netloc.rpartition("@")[0].split(":")
        for part in (url, *login, *(one for one in _PARTS.split(url)[1:] if not _NAMED.match(one))):
            hide(part)
        # Where a POST is redirected it comes as a GET without the message, and an alarm that nobody has would count as told.
        asset = apprise.AppriseAsset(http_redirects=False, async_mode=False)
        self._apprise: Apprise = apprise.Apprise(asset=asset)
        with _listening():  # it quotes an address that it does not understand
            understood = self._apprise.add(url)
        if not understood:
            scheme = url.partition("://")[0]
            raise SettingsError(
                f"DOCFERRY_ALARM_URLS: Apprise does not understand address {number} ({scheme}://…); correct it, see "
                "the Apprise page of that service"
            )
        self._types = {"over": apprise.NotifyType.SUCCESS, "raised": apprise.NotifyType.FAILURE}
        self._other = apprise.NotifyType.WARNING
        self.id = url
        self.name = f"address {number} ({self._apprise[0].service_name})"

    async def tell(self, message: Message) -> str | None:
        """Deliver a message; return None once the service has taken it, else what Apprise says."""
        with _listening() as said:
            kind = self._types.get(message.kind, self._other)
            notify = partial(self._apprise.notify, body=message.body, title=message.title, notify_type=kind)
            taken = await _aside(notify)
        return None if taken else mask(said.last or "it was not taken")


async def _aside(work: Callable[[], bool | None]) -> bool | None:
    """Do blocking work in a thread that is left behind if nobody waits for it any more, even when the process ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bool | None] = loop.create_future()

    def settle(result: bool | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 -- it is raised where the work is awaited
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="docferry-alarm", daemon=True).start()
    return await done


class _Said(logging.Handler):
    """Keeps the last warning."""

    last = ""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage()


@contextlib.contextmanager
def _listening() -> Iterator[_Said]:
    """Hear what Apprise logs while the block is active, and nobody else does: there may be secrets in it."""
    said, logger = _Said(), logging.getLogger("apprise")
    logger.addHandler(said)
    propagates, logger.propagate = logger.propagate, False
    try:
        yield said
    finally:
        logger.removeHandler(said)
        logger.propagate = propagates


def receivers_of(gateway: Gateway) -> list[Receiver]:
    """Return who the settings name. Raises SettingsError for an address that cannot be."""
    text = gateway.alarm_urls.get_secret_value().strip().strip(",")
    urls = list(dict.fromkeys(filter(None, _BETWEEN.split(text))))
    return [AppriseReceiver(url, number) for number, url in enumerate(urls, 1)]
