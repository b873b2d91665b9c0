"""Who has the folder of a Prefect server: a person is told which process to end."""

from __future__ import annotations

import asyncio
import sys

import pytest

from flows.orchestration import claim
from flows.orchestration.claim import Claim
from state.errors import StateError

HOLDS = """
import fcntl, sys
with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print(flush=True)
    sys.stdin.read()
"""


async def test_a_server_that_its_up_has_left_behind_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(claim, "_PATIENCE", 0.0)
    pipe = asyncio.subprocess.PIPE
    words = (sys.executable, "-c", HOLDS, str(tmp_path / "up.lock"))
    left = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
    await left.stdout.readline()
    with pytest.raises(StateError, match=rf"end that process: kill {left.pid}$"):
        async with Claim.of(tmp_path):
            pass
    left.stdin.close()
    await left.wait()
