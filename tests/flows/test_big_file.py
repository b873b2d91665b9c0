"""A file passes through the gateway without being held: measured from outside, in a process of its own."""

import asyncio
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "big_file.py"
SOAK = [pytest.mark.soak, pytest.mark.timeout(900)]
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is only reset on Linux"
)


@pytest.mark.parametrize(
    ("route", "size", "most"),
    [
        ("hypatos zefort.contracts", 64 * 10**6, 24),
        pytest.param("hypatos zefort.contracts", 10**9, 64, marks=SOAK),
        pytest.param("hypatos zefort.contracts cut", 10**9, 64, marks=SOAK),
    ],
)
async def test_a_file_passes_while_memory_hardly_grows(route, size, most, tmp_path):
    run = await asyncio.create_subprocess_exec(
        sys.executable, BENCH, "--bytes", str(size), "--route", route, "--folder", tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed = (await run.communicate())[0].decode()
    *_, growth, digests = printed.splitlines()[-1].split()
    assert run.returncode == 0, printed
    assert digests == "same"
    assert 0 < float(growth) < most, printed
