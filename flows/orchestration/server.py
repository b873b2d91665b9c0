"""Prefect's server as a process that never outlives who started it: `python -m flows.orchestration.server --port 4200`.

Whoever started it holds the other end of its stdin. When that is closed, by whatever death, the server ends.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

_GRACE = 10.0
"""Seconds that requests, and pages that listen, have to end."""


def main() -> None:
    """Serve until SIGTERM, or until stdin is closed. The words of the command line are those of `prefect server start`."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _end_with_stdin() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(0)


if __name__ == "__main__":
    main()
