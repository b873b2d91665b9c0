"""A gateway of its own process: pushes a small document and then a large one, and tells how much memory that took.

`python pusher.py '{"url": …, "options": {…}, "size": …}'` prints one line of JSON.
"""

import asyncio
import gc
import hashlib
import json
import re
import sys
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from connectors.contract import Attachment, Delivery, Download, File
from connectors.folder import Settings, connect
from tests.connectors.memory_journal import MemoryJournal

PIECE = 1 << 18


def poured(size, digest):
    """Return a file that nobody holds: its bytes are made while they are read."""
    noise = hashlib.shake_256(b"pushed").digest(PIECE)

    async def chunks():
        for start in range(0, size, PIECE):
            piece = (start.to_bytes(8) + noise[8:])[: size - start]
            digest.update(piece)
            yield piece

    @asynccontextmanager
    async def opened():
        yield Download(chunks(), size, "big.bin", "application/octet-stream")

    return Attachment(File("f1", "big.bin", "application/octet-stream", size, main=True), opened)


def held(name):
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024


def fresh():
    """Let the peak begin anew; return what is held now, in MiB."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return held("VmRSS")


async def main(url, options, size):
    connection = await connect("archive", Settings(url=url, options=json.dumps(options)))
    folders = connection.destinations["documents"]
    await folders.push(Delivery("small", {"title": "small"}, [poured(1000, hashlib.sha256())]), MemoryJournal())
    digest, before = hashlib.sha256(), fresh()
    folder = await folders.push(Delivery("big", {"title": "big"}, [poured(size, digest)]), MemoryJournal())
    told = {"folder": folder, "sha256": digest.hexdigest(), "growth_mib": held("VmHWM") - before}
    sys.stdout.write(json.dumps(told) + "\n")


asyncio.run(main(**json.loads(sys.argv[1])))
