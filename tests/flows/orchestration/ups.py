"""`docferry up` as a process of its own, and what its server says; everything it starts carries a mark."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any, Self

_REAL = ("HYPATOS_", "ZEFORT_", "CONTRACTFIT_", "DOCUMINE_", "DOCFERRY_", "PREFECT_")
PATIENCE = 240.0


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without any settings but these."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_REAL)}
    return {**kept, "DO_NOT_TRACK": "1", **settings}


def until(what: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Ask again until the answer is true; return it."""
    end = time.monotonic() + patience
    while not (answer := what()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)
    return answer


class Up:
    """One `docferry up --json`. `said` is what it has printed once it was up."""

    def __init__(self, folder: Path, *words: str, **settings: str) -> None:
        self.mark = uuid.uuid4().hex
        self._log = (folder / f"up-{self.mark[:6]}.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flows", "up", "--json", *words],
            cwd=folder,
            env=environment(MARK_OF_A_TEST=self.mark, **settings),
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        lines = ""
        for line in self.process.stdout:
            lines += line
            if line == "}\n":
                break
        self.said = json.loads(lines)

    @property
    def log(self) -> str:
        """What it has printed for people so far."""
        self._log.seek(0)
        return self._log.read()

    def marked(self) -> list[psutil.Process]:
        """Return every process that it has started, directly or not, and itself."""
        found = []
        for each in psutil.process_iter():
            with suppress(psutil.Error):
                if each.environ().get("MARK_OF_A_TEST") == self.mark and each.status() != psutil.STATUS_ZOMBIE:
                    found.append(each)
        return found

    def runs(self, *states: str) -> list[dict[str, Any]]:
        """Return the flow runs in these states, of all deployments."""
        wanted = {"flow_runs": {"state": {"type": {"any_": list(states)}}}}
        answer = httpx.post(f"{self.said['api']}/flow_runs/filter", json=wanted, timeout=30, trust_env=False)
        return answer.raise_for_status().json()

    def run(self, deployment: str) -> str:
        """Begin a run by hand; return its id."""
        begun = {"state": {"type": "SCHEDULED"}}
        answer = httpx.post(f"{self._at(deployment)}/create_flow_run", json=begun, timeout=30, trust_env=False)
        return answer.raise_for_status().json()["id"]

    def pause(self, deployment: str) -> None:
        """Pause a deployment, as somebody does on the page."""
        answer = httpx.patch(self._at(deployment), json={"paused": True}, timeout=30, trust_env=False)
        answer.raise_for_status()

    def _at(self, deployment: str) -> str:
        key = next(each["id"] for each in self.said["deployments"] if each["name"] == deployment)
        return f"{self.said['api']}/deployments/{key}"

    def state(self, run: str) -> dict[str, Any]:
        """Return the state of a flow run: its `type`, `name` and `message`."""
        answer = httpx.get(f"{self.said['api']}/flow_runs/{run}", timeout=30, trust_env=False)
        return answer.raise_for_status().json()["state"]

    def end(self, number: signal.Signals) -> int:
        """Send a signal to `up` alone, or Ctrl-C as a terminal does: to its whole group; return the exit code."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.marked():
            with suppress(psutil.Error):
                each.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()
        self._log.close()
