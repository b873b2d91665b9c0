"""A real Prefect server of this process's own, and the sandboxes, for tests of flows."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from prefect.settings import PREFECT_LOGGING_LEVEL, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from flows.demonstration import sandboxes
from tests.ledgers import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def prefect_and_sandboxes(folder: Path, documents: int = 40) -> Iterator[None]:
    """Serve both of the demo's sandboxes and a Prefect server, and point this process's settings at them."""
    runner = asyncio.Runner()
    serving = sandboxes(documents, {"hypatos": 0, "zefort": 0})
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith(("HYPATOS_", "ZEFORT_", "DOCFERRY_"))]:
            patched.delenv(name)
        settings = runner.run(serving.__aenter__())
        stack.callback(runner.close)
        stack.callback(lambda: runner.run(serving.__aexit__(None, None, None)))
        for name, value in {**settings, "DOCFERRY_STATE_URL": f"sqlite:///{folder}/state.db"}.items():
            patched.setenv(name, value)
        patched.setenv("DOCFERRY_KEYS", KEY)
        patched.setenv("NO_PROXY", "127.0.0.1,localhost")
        patched.chdir(folder)
        stack.enter_context(temporary_settings({PREFECT_LOGGING_LEVEL: "ERROR"}))
        stack.enter_context(prefect_test_harness(server_startup_timeout=120))
        yield
