"""The numbers for monitors: what they say is what happened, they never go back, and no query reads a whole table."""

import asyncio
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from connectors.errors import AccessError
from flows.metrics import metrics
from flows.metrics_otlp import Push
from flows.metrics_prometheus import exposition
from state.care import Care
from state.vault import Vault
from tests.flows.test_query_plans import asked, scans
from tests.flows.test_watch import trouble
from tests.flows.watched import MINUTE, Watched, written
from tests.flows.world import ROUTE, world
from tests.ledgers import KEY, open_ledger, rows


def ordered(labels: dict[str, str]) -> list[str]:
    """Return the values of labels, the route's first."""
    return [labels[name] for name in sorted(labels, key=lambda name: (name != "route", name))]


def read(text: str) -> dict[tuple[str, ...], float]:
    """Return the samples of an exposition by (name, label values in order)."""
    return {
        (sample.name.removeprefix("docferry_"), *ordered(sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
async def it(any_ledger, tmp_path, monkeypatch):
    """Two routes that have run complete a moment ago."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    ledger = await open_ledger(any_ledger)
    watched = Watched(tmp_path, any_ledger, ledger)
    await watched.well()
    yield watched
    await ledger.close()


async def found(it) -> dict[tuple[str, ...], float]:
    return read(exposition(await metrics(it.gateway, it.ledger)).decode())


def test_after_a_run_they_say_what_its_report_says(accounts, docferry):
    report = docferry("run", "hypatos_to_zefort", "--json").json
    name = "hypatos_to_zefort"
    ended = docferry("metrics", "--once")
    assert ended.code == 0
    said = read(ended.out)
    assert said["deliveries_total", name, "new"] == report["delivered"] > 0
    assert said["rejects_total", name, "data"] == said["rejected_documents", name, "data"] == report["rejected"] > 0
    assert said["documents", name, "rejected"] == report["rejected"]
    assert said["documents", name, "pending"] == said["feedback_owed", name] == 0
    assert said["feedback_told_total", name] == report["acknowledged"]
    assert said["requests_total", name] == report["requests"]
    assert said["runs_total", name, "complete"] == 1
    assert said["fresh_within_seconds", name] == 1800
    assert abs(said["last_complete_timestamp_seconds", name] - datetime.now(UTC).timestamp()) < 60
    assert said["feedback_lag_seconds", name, "0.95"] == pytest.approx(report["feedback_lag_p95"], abs=0.001)
    docferry("run", name, "--json")
    assert read(docferry("metrics", "--once").out)["runs_total", name, "complete"] == 2


async def test_they_never_go_back_whatever_is_pruned(it, any_ledger):
    for _ in range(40):  # more than are kept
        async with it.ledger.run("a") as run:
            await run.finish(
                at=it.now,
                counts={},
                complete=True,
                note=None,
                grown={"runs complete": 1, "delivered": 5, "refused data": 2},
            )
    with pytest.raises(RuntimeError):
        async with it.ledger.run("a"):
            raise RuntimeError
    before = await found(it)
    assert before["deliveries_total", "a", "new"] == 200
    assert before["rejects_total", "a", "data"] == 80
    assert before["runs_total", "a", "died"] == 1
    vault = None if any_ledger.startswith("sqlite") else Vault([KEY])
    async for pruned in Care(any_ledger, vault=vault).prune(
        before=datetime.now(UTC) + timedelta(days=1), route=None, dry_run=False
    ):
        done = pruned
    assert done.runs > 0
    after = await found(it)
    assert {key: number for key, number in after.items() if key[0].endswith("_total")} == {
        key: number for key, number in before.items() if key[0].endswith("_total")
    }


async def test_queue_debts_and_open_alarms_have_their_ages(it):
    async with it.ledger.run("a") as run:
        await run.remember("s", [("d-4711", "1"), ("d-4712", "1")], None, now=it.now, relist=())
    rows(it.url, f"UPDATE transfer SET due_at = '{written(it.now - 30 * MINUTE)}'")
    await trouble(it, "far", AccessError("401", connection="far", status=401))
    await it.check()
    said = await found(it)
    assert said["documents", "a", "pending"] == 2
    assert 1790 < said["oldest_due_age_seconds", "a"] < 2000
    assert said["oldest_due_age_seconds", "b"] == 0
    assert said["alarms_open", "far", "connection"] == 1
    assert "d-4711" not in str(said)


async def test_no_query_reads_a_whole_table(tmp_path):
    async with world(tmp_path) as it:
        await it.run()
        with asked() as texts:
            figures = await it.ledger.watching.figures(ROUTE, timedelta(days=1))
        assert figures.statuses
        (file,) = tmp_path.rglob("*.db")
        assert scans(file, texts) == []


def test_they_are_served_until_ctrl_c_and_a_taken_port_is_one_sentence(accounts, docferry, tmp_path):
    docferry("run", "hypatos_to_zefort", "--json")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "flows", "metrics", "--port", str(port)]
        refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
        assert "in use" in refused.stderr
        assert "choose another --port" in refused.stderr
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        with httpx.Client(trust_env=False, transport=httpx.HTTPTransport(retries=0)) as client:
            while True:
                assert serving.poll() is None, serving.stderr.read()
                try:
                    answer = client.get(f"http://127.0.0.1:{port}/metrics")
                    break
                except httpx.ConnectError:
                    continue
        said = read(answer.text)
        assert answer.headers["content-type"].startswith("text/plain")
        assert said["deliveries_total", "hypatos_to_zefort", "new"] > 0
        serving.send_signal(signal.SIGINT)
        serving.wait(30)
        assert "Traceback" not in serving.stderr.read()


async def test_the_same_numbers_are_pushed_with_otlp_and_a_collector_that_refuses_is_told(it, monkeypatch):
    heard, status = [], [200]

    async def collect(request: web.Request) -> web.Response:
        heard.append(ExportMetricsServiceRequest.FromString(await request.read()))
        return web.Response(status=status[0])

    app = web.Application()
    app.router.add_post("/v1/metrics", collect)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{runner.addresses[0][1]}")
    push = Push()
    numbers = await metrics(it.gateway, it.ledger)
    assert await asyncio.to_thread(push.push, numbers)
    await it.run("a", MINUTE)
    assert await asyncio.to_thread(push.push, await metrics(it.gateway, it.ledger))
    status[0] = 400
    assert not await asyncio.to_thread(push.push, numbers)
    await runner.cleanup()
    (resource,) = heard[0].resource_metrics
    assert {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"] == "docferry"
    pushed, began = {}, set()
    for metric in resource.scope_metrics[0].metrics:
        data = getattr(metric, metric.WhichOneof("data"))
        for point in data.data_points:
            labels = {one.key: one.value.string_value for one in point.attributes}
            value = point.as_double if point.HasField("as_double") else point.as_int
            pushed[metric.name.removeprefix("docferry_"), *ordered(labels)] = value
            if metric.name.endswith("_total"):
                assert data.is_monotonic
                began.add(point.start_time_unix_nano)
    assert pushed == read(exposition(numbers).decode())
    again = {
        point.start_time_unix_nano
        for metric in heard[1].resource_metrics[0].scope_metrics[0].metrics
        if metric.name.endswith("_total")
        for point in metric.sum.data_points
    }
    assert again == began, "sums that begin anew would be added up"


def test_a_push_without_a_collector_ends_with_exit_code_three(empty, docferry, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert docferry("metrics", "--otlp", "--once").code == 3
    assert (empty / ".docferry" / "state.db").exists()
