"""One virtual environment per peer, made once and kept outside of git: what `bench/peers/*.txt` pins and nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

PEERS = Path(__file__).parent.parent / "peers"
CACHE = Path(os.environ.get("DOCFERRY_BENCH_CACHE", Path(__file__).parents[2] / ".bench"))


def python(peer: str) -> Path | str:
    """Return the interpreter of a peer's environment, or a sentence saying why there is none."""
    pinned = PEERS / f"{peer}.txt"
    folder = CACHE / peer
    ready, interpreter = folder / ".ready", folder / "bin" / "python"
    wanted = hashlib.sha256(pinned.read_bytes() + sys.version.encode()).hexdigest()
    if ready.exists() and ready.read_text() == wanted:
        return interpreter
    print(f"installing {peer} …", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=True)
    command = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", pinned]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        reason = [line for line in ended.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        return f"{peer} cannot be installed here: {reason[-1].removeprefix('ERROR: ')}"
    ready.write_text(wanted)
    return interpreter


def version(peer: str) -> str:
    """Return the version that is pinned."""
    lines = (PEERS / f"{peer}.txt").read_text().splitlines()
    return next(line.partition("==")[2] for line in lines if line.lower().startswith(f"{peer}=="))
