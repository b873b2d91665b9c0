"""The process that serves: what it says when it cannot, and how it ends its runs."""

from __future__ import annotations

import asyncio
import json
import sys
from types import SimpleNamespace
from uuid import uuid4

import httpx
import psutil
import pytest

from connectors.settings import SettingsError
from flows.orchestration import leftovers, serving, supervising
from flows.orchestration.deployments import SHIPPED, read_deployments
from flows.orchestration.registering import prepared
from state.errors import SettingError, StateError


def status(code):
    request = httpx.Request("POST", "http://127.0.0.1:4200/api/deployments")
    return httpx.HTTPStatusError("no", request=request, response=httpx.Response(code, request=request))


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SettingsError("correct it"), 2, "correct it"),
        (SettingError("DOCFERRY_KEYS is wrong"), 2, "DOCFERRY_KEYS is wrong"),
        (StateError("the ledger is locked"), 3, "the ledger is locked"),
        (status(401), 3, "refuses the login (401); set PREFECT_API_AUTH_STRING"),
        (status(422), 3, "refuses what docferry up asks of it (422)"),
        (httpx.ConnectError("no"), 3, "Prefect's server does not answer (ConnectError)"),
    ],
)
def test_whatever_keeps_it_from_serving_is_one_sentence_with_an_exit_code(monkeypatch, error, code, words):
    said = []

    async def fails(*_, **__):
        raise error

    monkeypatch.setattr(serving, "serve", fails)
    monkeypatch.setattr(serving, "_say", said.append)
    monkeypatch.setattr(sys, "argv", ["serving", "--file", "prefect.yaml"])
    with pytest.raises(SystemExit) as ended:
        serving.main()
    assert ended.value.code == said[0]["exit_code"] == code
    assert words in said[0]["error"]
    json.dumps(said)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("entrypoint: flows.sync.sink", "sink"),
        ("entrypoint: flows.sync.sync, schedules: [{cron: '99 * * * *'}]", "99"),
        ("entrypoint: flows.sync.sync, schedules: [{interval: 0}]", "interval"),
        ("entrypoint: flows.sync.sync, schedules: [{interval: 60, timezone: Mars/Phobos}]", "Mars/Phobos"),
    ],
)
def test_a_mistake_that_only_shows_when_a_flow_is_loaded_or_scheduled_is_told_with_its_place(tmp_path, rest, words):
    path = tmp_path / "prefect.yaml"
    path.write_text(f"deployments: [{{name: nightly, {rest}}}]")
    with pytest.raises(SettingsError) as told, serving.placed(f"{path}: deployment nightly"):
        prepared(read_deployments(path)[0])
    assert f"{path}: deployment nightly" in str(told.value)
    assert words in str(told.value)


@pytest.mark.timeout(600)
async def test_a_folder_of_routes_beside_it_is_not_taken_for_our_own_package(empty):
    (empty / "mappings").mkdir()
    with pytest.raises(StateError, match="does not answer"):
        async with supervising.serving(supervising.Server("http://127.0.0.1:9/api"), SHIPPED, every=None):
            pass


async def test_a_run_that_ends_while_it_is_asked_to_does_not_keep_the_others_from_being_asked(monkeypatch):
    working = asyncio.get_running_loop().create_future()
    asked = []

    def gone():
        raise psutil.NoSuchProcess(1)

    def there():
        asked.append(2)
        working.set_result(None)

    runs = [SimpleNamespace(pid=1, terminate=gone), SimpleNamespace(pid=2, terminate=there)]
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(children=lambda: runs))
    await serving.finish(working)
    assert asked == [2]


async def test_a_run_whose_process_outlived_all_others_is_not_told_as_crashed(monkeypatch):
    alive, dead, other = (SimpleNamespace(id=uuid4()) for _ in range(3))
    workers = {str(alive.id): "pid 1 on here", str(dead.id): None}
    told = []

    class There:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            pass

        async def run_of(self, key):
            return SimpleNamespace(worker=workers[key]) if key in workers else None

        async def set_flow_run_state(self, key, state, **_):
            told.append((key, state.type.value))

    async def runs(_, states, **__):
        return [alive, dead, other] if leftovers.StateType.RUNNING in states else []

    monkeypatch.setattr(leftovers, "get_client", There)
    monkeypatch.setattr(leftovers, "open_ledger", lambda _: There())
    monkeypatch.setattr(leftovers, "_runs", runs)
    await leftovers.clear_up(None, [])
    assert told == [(dead.id, "CRASHED"), (other.id, "CRASHED")]
