"""The watch as a Prefect flow, and the automations, with a real server: who is told, and whether the states are truthful."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import pytest

import mappings
from tests.flows.listener import listening
from tests.flows.prefect_server import prefect_server
from tests.flows.watched import ROUTE

ROOT = Path(mappings.__file__).parents[1]
FLOW = """
import asyncio, json, sys
from flows.orchestration.watching import watch
state = asyncio.run(watch(return_state=True, **json.loads(sys.argv[1])))
print(json.dumps([state.type.value, state.name, state.message]))
"""
BLOCK = """
import asyncio, sys
from prefect.blocks.notifications import CustomWebhookNotificationBlock as Webhook
from prefect.blocks.system import Secret
async def main():
    said = {"title": "{{subject}}", "message": "{{body}}"}
    block = Webhook(name="x", url=sys.argv[1], json_data=said, allow_private_urls=True)
    print(await block.save("ops", overwrite=True))
    await Secret(value="Some-Secret-4711").save("no-notifier", overwrite=True)
asyncio.run(main())
"""
BAD_ENDS = """
import asyncio
from prefect import flow, get_client
from prefect.states import Crashed, Failed
@flow(name="docferry")
def ours(): pass
@flow(name="another")
def theirs(): pass
async def main():
    async with get_client() as client:
        for each, state in ((theirs, Failed(message="not ours")), (ours, Failed(message="401")), (ours, Crashed(message="died"))):
            run = await client.create_flow_run(each)
            await client.set_flow_run_state(run.id, state, force=True)
        flow_id = await client.create_flow(ours)
        deployment = await client.create_deployment(flow_id=flow_id, name="nobody", entrypoint="x:y", path="/tmp")
        await client.create_flow_run_from_deployment(deployment)
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a server for all tests; give the environment that leads to it."""
    foreign = ("PREFECT_", "DOCFERRY_", "HTTP_PROXY", "HTTPS_PROXY", "NEAR_", "SIDE_", "FAR_")
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith(foreign)}
    with prefect_server(tmp_path_factory.mktemp("prefect")) as started:
        yield plain | started.environment | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def settings(server, tmp_path):
    """Have two routes that are silent since yesterday, as far as the first look knows."""
    folder = tmp_path / "routes"
    folder.mkdir()
    (folder / "a.yaml").write_text(ROUTE.format(source="near").replace("30m", "1s"))
    return server | {"DOCFERRY_MAPPINGS": str(folder), "DOCFERRY_STATE_URL": f"sqlite:///{tmp_path}/state.db"}


async def python(script: str, environment: dict[str, str], folder: Path, *words: str) -> tuple[str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *words, env=environment, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode(), err.decode()


async def flow(environment, folder, **parameters) -> list[str]:
    """Run the flow; return type, name and message of the state it ended in."""
    out, _ = await python(FLOW, environment, folder, json.dumps(parameters))
    return json.loads(out.splitlines()[-1])


@pytest.mark.timeout(240)
async def test_the_flow_tells_blocks_and_addresses_once_and_ends_as_things_stand(settings, tmp_path):
    async with listening() as address, listening() as block:
        url = block.url.replace("json://", "http://")
        await python(BLOCK, settings, tmp_path, url)
        settings["DOCFERRY_ALARM_URLS"] = address.url
        told = {"blocks": ["custom-webhook/ops"]}
        assert (await flow(settings, tmp_path, **told))[:2] == ["COMPLETED", "Completed"]
        time.sleep(1)  # noqa: ASYNC251 -- the deadline of a route that never ran begins with the first look
        block.status = 503
        kind, _, message = await flow(settings, tmp_path, **told)
        assert (kind, "block custom-webhook/ops" in message) == ("FAILED", True)
        assert block.url not in message
        block.status = 200
        kind, name, message = await flow(settings, tmp_path, **told)
        assert [kind, name] == ["COMPLETED", "NeedsAttention"]
        assert "a: never ran" in message
        assert address.titles == block.titles == ["a is late"]


@pytest.mark.timeout(240)
async def test_a_block_that_is_not_there_or_cannot_notify_and_a_wrong_setting_are_failures_in_one_sentence(
    settings, tmp_path
):
    await python(BLOCK, settings, tmp_path, "http://127.0.0.1:9/x")
    kind, _, message = await flow(settings, tmp_path, blocks=["slack-webhook/none"])
    assert (kind, "There is no block 'slack-webhook/none'" in message) == ("FAILED", True)
    kind, _, message = await flow(settings, tmp_path, blocks=["secret/no-notifier"])
    assert (kind, "cannot notify" in message) == ("FAILED", True)
    kind, _, message = await flow(settings | {"DOCFERRY_FRESH_WITHIN": "soon"}, tmp_path)
    assert (kind, "DOCFERRY_FRESH_WITHIN" in message) == ("FAILED", True)


@pytest.mark.timeout(240)
async def test_the_automations_tell_of_runs_that_failed_crashed_or_are_late(settings, tmp_path):
    async with listening() as block:
        out, _ = await python(BLOCK, settings, tmp_path, block.url.replace("json://", "http://"))
        file = tmp_path / "automations.yaml"
        file.write_text((ROOT / "automations.yaml").read_text().replace("BLOCK_ID", out.split()[-1]))
        command = ["-m", "prefect", "automation", "create", "--from-file", str(file)]
        created = await asyncio.create_subprocess_exec(sys.executable, *command, env=settings, cwd=tmp_path)
        assert await created.wait() == 0
        async with asyncio.timeout(150):
            while {title.split()[-1] for title, _ in block.heard} != {"Crashed", "Failed", "Late"}:
                await python(
                    BAD_ENDS, settings, tmp_path
                )  # the first ones may come before the server has taken them up
                await asyncio.sleep(20)  # a run is late after 15 s
        assert "not ours" not in str(block.heard)
