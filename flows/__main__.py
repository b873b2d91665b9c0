"""Where the `docferry` command begins: ready for Ctrl-C and odd streams before the rest is loaded, which takes a while."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from flows import streams
from flows.garbage import keep_what_is_loaded

if TYPE_CHECKING:
    from types import FrameType

_LEFT = "stopped before anything was begun"
_INTERRUPTED = 130


def main() -> None:
    """Run the command. Always ends with SystemExit."""
    watched = (
        signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    )  # it is ignored where a shell runs us behind its back
    if watched:
        signal.signal(signal.SIGINT, _leave)
    streams.prepare()
    gc.disable()  # what is loaded stays
    # httpx brings a command line of its own with colours for source code: a twentieth of what is loaded, and nobody calls it here.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: there is none, which the stubs do not know
    from flows.cli import main as run  # noqa: PLC0415 -- loading it is what takes a while

    keep_what_is_loaded()
    gc.enable()
    if watched:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    finally:
        gc.freeze()  # nothing is looked through for rubbish that ends with the process anyway


def _leave(_number: int, _frame: FrameType | None) -> None:
    # At once: an exception in the middle of an import may come out as another one, or not at all.
    with suppress(OSError):
        os.write(2, f"docferry: {_LEFT}\n".encode())
        if "--json" in sys.argv:
            os.write(1, f'{{"error": "{_LEFT}", "exit_code": {_INTERRUPTED}}}\n'.encode())
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
