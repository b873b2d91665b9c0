"""The Prefect flow that watches: alarms of the ledger, told to Apprise addresses and to Prefect's notification blocks."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from prefect import flow
from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.client.schemas.objects import State  # noqa: TC002 -- Prefect reads the annotation
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed

from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.receivers import receivers_of
from flows.running import open_ledger
from flows.settings import load_gateway
from flows.watching import Watch
from flows.watching import watch as check
from mappings.language import RouteError
from state.errors import StateError

if TYPE_CHECKING:
    from flows.alarm_book import Message


class BlockReceiver:
    """A notification block of the Prefect server."""

    def __init__(self, name: str, block: NotificationBlock) -> None:
        self.id = f"Prefect block {name}"
        self.name = f"block {name}"
        self._block = block

    async def tell(self, message: Message) -> str | None:
        """Deliver a message; return None once it was taken, else the kind of the error: its text may hold an address."""
        try:
            with self._block.raise_on_failure():
                sent: Any = self._block.notify(message.body, message.title)
                if inspect.isawaitable(sent):  # some blocks only have a plain method
                    await sent
        except Exception as error:  # noqa: BLE001 -- blocks raise what their services raise
            return f"the block's service failed ({type(error).__name__})"
        return None


@flow(name="docferry-watch", flow_run_name="watch", persist_result=False, log_prints=False)
async def watch(blocks: list[str] | None = None) -> State[object]:
    """Look whether all goes well; tell of every alarm once, and once when it is over.

    Args:
        blocks: Notification blocks that are told besides the addresses in DOCFERRY_ALARM_URLS, each as type/name, such as slack-webhook/ops.

    """
    try:
        gateway = load_gateway()
        receivers = [*receivers_of(gateway), *[await _loaded(name) for name in dict.fromkeys(blocks or ())]]
        async with open_ledger(gateway) as ledger:
            ended = await check(gateway, ledger, receivers)
    except (SettingsError, RouteError, StateError) as error:
        return Failed(message=mask(str(error)))
    return _state(ended)


async def _loaded(name: str) -> BlockReceiver:
    """Load a notification block. Raises SettingsError with what to correct."""
    try:
        block: Any = await Block.aload(name)
    except (ValueError, RuntimeError):
        raise SettingsError(
            f"There is no block '{name}'; write type/name as Prefect's page of blocks shows them"
        ) from None
    if not isinstance(block, NotificationBlock):
        raise SettingsError(f"The block '{name}' cannot notify; take one of a kind that can, such as slack-webhook")
    return BlockReceiver(name, block)


def _state(ended: Watch) -> State[object]:
    """Say how a check ended, on the page too."""
    logger = get_run_logger()
    for message in ended.news:
        logger.warning("%s\n%s", mask(message.title), mask(message.body))
    said = "; ".join(alarm.says for alarm in ended.open.values()) or "no alarm is open"
    if ended.undelivered:
        who = "; ".join(f"{one.receiver}: {one.why}" for one in ended.undelivered)
        return Failed(message=mask(f"Somebody could not be told, which the next check tries again ({who}). {said}"))
    return Completed(name="NeedsAttention" if ended.open else "Completed", message=mask(said))
