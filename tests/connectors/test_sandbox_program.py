"""The sandboxes as a program: one line of JSON when they are up, and no process left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import httpx
import psutil
import pytest

COMMAND = [sys.executable, "-m", "connectors.sandbox", "--documents", "12", "--seed", "3"]


async def start(*more):
    return await asyncio.create_subprocess_exec(*COMMAND, *more, stdout=asyncio.subprocess.PIPE)


async def ready(process):
    return json.loads(await asyncio.wait_for(process.stdout.readline(), 30))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_is_lets_clients_in_and_ends_on_a_signal(number):
    process = await start("--latency-ms", "5")
    said = await ready(process)
    hypatos, zefort = said["hypatos"], said["zefort"]
    async with httpx.AsyncClient(verify=False) as client:
        token = await client.post(
            hypatos["base_url"] + "/auth/token",
            data={"grant_type": "client_credentials"},
            auth=(hypatos["client_id"], hypatos["client_secret"]),
        )
        assert token.status_code == 200
        assert (await client.get(zefort["base_url"] + "tags/", auth=(zefort["api_key"], ""))).status_code == 200
        assert len((await client.get(hypatos["control"] + "state")).json()["documents"]) == 12
    process.send_signal(number)
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_it_ends_when_the_process_that_started_it_is_gone():
    script = (
        "import subprocess\n"
        f"child = subprocess.Popen({COMMAND!r}, stdout=subprocess.PIPE, text=True)\n"
        "print(child.stdout.readline().strip(), child.pid)\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(parent.communicate(), 30)
    child = int(said.rsplit(b" ", 1)[1])
    for _ in range(100):
        if not alive(child):
            return
        await asyncio.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the sandbox outlived its parent")


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE  # one that nobody waits for counts as gone
    except psutil.NoSuchProcess:
        return False
