"""`docferry metrics`: the ledger's numbers for Prometheus, and pushed with OTLP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.secrets import mask
from flows import metrics_otlp
from flows.metrics import metrics as read
from flows.running import open_ledger
from flows.settings import load_gateway
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from flows.metrics import Metric
    from flows.settings import Gateway

app = typer.Typer()
log = logging.getLogger("docferry")
STOPPED = 3


@app.command()
def metrics(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where /metrics is served.")] = 9464,
    host: Annotated[
        str, typer.Option(help="The address it is served at; 0.0.0.0 for all of this machine.")
    ] = "127.0.0.1",
    once: Annotated[bool, typer.Option("--once", help="Print them (with --otlp: push them) once, and end.")] = False,
    otlp: Annotated[
        bool, typer.Option("--otlp", help="Push them to the collector of OTEL_EXPORTER_OTLP_ENDPOINT.")
    ] = False,
) -> None:
    """Serve the ledger's numbers to Prometheus, print them once, or push them to an OpenTelemetry collector.

    Where OTEL_EXPORTER_OTLP_ENDPOINT is set they are pushed besides being served, every OTEL_METRIC_EXPORT_INTERVAL ms.
    """
    gateway = load_gateway()
    push = metrics_otlp.Push() if otlp or (metrics_otlp.wanted() and not once) else None
    pause = metrics_otlp.interval()
    if once:
        raise typer.Exit(asyncio.run(_once(gateway, push)))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_on_and_on(gateway, push, pause, None if otlp else (host, port)))


async def _once(gateway: Gateway, push: metrics_otlp.Push | None) -> int:
    async with open_ledger(gateway) as ledger:
        found = await read(gateway, ledger)
    if push is None:
        from flows.metrics_prometheus import exposition  # noqa: PLC0415 -- a push does without

        sys.stdout.write(exposition(found).decode())
        return 0
    taken = await asyncio.to_thread(push.push, found)
    if not taken:
        log.error("the collector did not take the numbers; see OTEL_EXPORTER_OTLP_ENDPOINT")
    return 0 if taken else STOPPED


async def _on_and_on(
    gateway: Gateway, push: metrics_otlp.Push | None, pause: float, address: tuple[str, int] | None
) -> None:
    async with open_ledger(gateway) as ledger:

        async def found() -> Sequence[Metric]:
            return await read(gateway, ledger)

        pusher = asyncio.ensure_future(_pushing(push, found, pause)) if push is not None else None
        try:
            if address is not None:
                from flows.metrics_prometheus import serve  # noqa: PLC0415 -- loads a server

                log.info("metrics at http://%s:%d/metrics; Ctrl-C ends it", *address)
                await serve(found, *address)
            elif pusher is not None:
                await pusher
        finally:
            if pusher is not None:
                pusher.cancel()


async def _pushing(push: metrics_otlp.Push, found: Callable[[], Awaitable[Sequence[Metric]]], pause: float) -> None:
    """Push on and on; what a collector has not taken is in the next push, as totals are sums."""
    while True:
        try:
            if not await asyncio.to_thread(push.push, await found()):
                log.warning("the collector did not take the numbers; they are pushed again in %.0f s", pause)
        except StateError as error:
            log.warning("no numbers: %s", mask(str(error)))
        await asyncio.sleep(pause)
