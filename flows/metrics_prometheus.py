"""The numbers as Prometheus reads them: as text, and served over HTTP."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.secrets import mask
from connectors.settings import SettingsError
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from prometheus_client.metrics_core import Metric as Family
    from starlette.requests import Request

    from flows.metrics import Metric


class _Collected:
    """What was read, as a collector of Prometheus' own library."""

    def __init__(self, found: Sequence[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Family]:
        for metric in self._found:
            kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = kind(metric.name, metric.help, labels=metric.labels)
            for labels, value in metric.samples:
                family.add_metric(labels, value)
            yield family


def exposition(found: Sequence[Metric]) -> bytes:
    """Return the numbers in Prometheus' text format, UTF-8."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(found))
    return generate_latest(registry)


async def serve(read: Callable[[], Awaitable[Sequence[Metric]]], host: str, port: int) -> None:
    """Serve /metrics until Ctrl-C or SIGTERM. While the ledger cannot be read the answer is 503, so `up` is 0.

    Raises SettingsError if the address cannot be had.
    """

    async def metrics(_: Request) -> Response:
        try:
            return Response(exposition(await read()), media_type=CONTENT_TYPE_LATEST)
        except StateError as error:
            return PlainTextResponse(f"{mask(str(error))}\n", status_code=503)

    app = Starlette(routes=[Route("/metrics", metrics)])
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        words = f"{host}:{port} cannot be listened at ({error.strerror}); choose another --port or --host"
        raise SettingsError(words) from None
    with listening:
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        await uvicorn.Server(config).serve(sockets=[listening])
