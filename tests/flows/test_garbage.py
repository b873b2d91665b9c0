"""How seldom rubbish is looked for, by the command and by a flow run."""

from __future__ import annotations

import subprocess
import sys

import pytest

import flows.sync

_TWICE = """
import gc
from flows.garbage import keep_what_is_loaded
there = [[] for _ in range(1000)]
keep_what_is_loaded()
first = gc.get_freeze_count()
more = [[] for _ in range(1000)]
keep_what_is_loaded()
assert first > 1000 and gc.get_freeze_count() <= first, "what a run made and left must still be found"
"""


def test_what_is_loaded_is_left_out_once_per_process_and_what_comes_later_is_not():
    subprocess.run([sys.executable, "-c", _TWICE], check=True, timeout=60)


async def test_a_flow_run_begins_with_leaving_out_what_is_loaded(monkeypatch):
    class Begun(BaseException):
        pass

    def begun():
        raise Begun

    monkeypatch.setattr(flows.sync, "keep_what_is_loaded", begun)
    with pytest.raises(Begun):
        await flows.sync.sync.fn(None)
