"""The task with singer-sdk: tap and target as two processes with a pipe, and the last state kept for the next run."""

import json
import subprocess
import sys
from pathlib import Path

from mapping import STATE

HERE = Path(__file__).parent
config, kept = STATE / "singer.json", STATE / "singer-state.json"
config.write_text("{}")
state = ["--state", str(kept)] if kept.exists() else []
tap = subprocess.Popen([sys.executable, HERE / "singer_tap.py", "--config", config, *state], stdout=subprocess.PIPE)
target = subprocess.Popen(
    [sys.executable, HERE / "singer_target.py", "--config", config], stdin=tap.stdout, stdout=subprocess.PIPE, text=True
)
assert tap.stdout is not None
assert target.stdout is not None
tap.stdout.close()
for line in target.stdout:
    if line.startswith("{"):
        json.loads(line)
        kept.write_text(line)
sys.exit(target.wait() or tap.wait())
