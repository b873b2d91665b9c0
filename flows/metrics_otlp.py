"""The numbers pushed to an OpenTelemetry collector (OTLP over HTTP), which the usual OTEL_* settings name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from connectors.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.metrics import Metric

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"
_SHORTEST = 1000


def wanted() -> bool:
    """Say whether the environment names a collector."""
    return any(os.environ.get(name) for name in _ENDPOINTS)


def interval() -> float:
    """Return the seconds between two pushes (OTEL_METRIC_EXPORT_INTERVAL, there in ms; 60). Raises SettingsError."""
    text = os.environ.get(_INTERVAL, "60000")
    if not text.isascii() or not text.isdigit() or int(text) < _SHORTEST:
        raise SettingsError(f"{_INTERVAL}: write milliseconds, at least 1000")
    return int(text) / 1000


class Push:
    """Pushes what was read. Counters go with the sum since the ledger was made, as Prometheus has it."""

    def __init__(self) -> None:
        """Raise SettingsError if the libraries for it are not installed."""
        try:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415 -- extra
            from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 -- an extra, which not everybody has
            from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: PLC0415 -- same
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 -- same
        except ImportError:
            raise SettingsError("OTLP needs libraries that are not installed: pip install 'docferry[otlp]'") from None
        self._exporter = OTLPMetricExporter()
        self._reader = InMemoryMetricReader()
        resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "docferry")})
        # One for all pushes: a collector takes sums that begin anew for sums that begin at nothing.
        provider = MeterProvider([self._reader], resource=resource, shutdown_on_exit=False)
        self._meter = provider.get_meter("docferry")
        self._found: dict[str, Metric] = {}

    def push(self, found: Sequence[Metric]) -> bool:
        """Send the numbers; return whether the collector took them. Blocks for up to OTEL_EXPORTER_OTLP_TIMEOUT seconds (10)."""
        from opentelemetry.sdk.metrics.export import MetricExportResult  # noqa: PLC0415 -- an extra

        for metric in found:
            new = metric.name not in self._found
            self._found[metric.name] = metric
            if new:
                self._observe(metric)
        data = self._reader.get_metrics_data()
        return data is None or self._exporter.export(data) is MetricExportResult.SUCCESS

    def _observe(self, first: Metric) -> None:
        from opentelemetry.metrics import CallbackOptions, Observation  # noqa: PLC0415 -- an extra

        def observe(_: CallbackOptions) -> list[Observation]:
            metric = self._found[first.name]
            return [
                Observation(value, dict(zip(metric.labels, labels, strict=True))) for labels, value in metric.samples
            ]

        make = self._meter.create_observable_counter if first.kind == "counter" else self._meter.create_observable_gauge
        make(first.name, callbacks=[observe], unit=first.unit, description=first.help)
