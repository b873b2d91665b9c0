"""Where the log lines of the command go, and what they look like there."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum

from rich.logging import RichHandler

from connectors.secrets import Masking
from flows.log_lines import JsonLines, Placing
from flows.output import err


class LogFormat(StrEnum):
    """What log lines look like."""

    TEXT = "text"
    JSON = "json"


def start_logging(*, verbose: bool, form: LogFormat = LogFormat.TEXT) -> None:
    """Send log lines to stderr, with secrets masked."""
    handler: logging.Handler
    if form is LogFormat.JSON:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
    else:
        handler = RichHandler(console=err, show_path=False, rich_tracebacks=False, log_time_format="%H:%M:%S")
    handler.addFilter(Placing())
    handler.addFilter(Masking())
    root = logging.getLogger("docferry")
    root.handlers[:] = [handler]
    root.propagate = False
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for name in ("connectors", "state"):
        quiet = logging.getLogger(name)
        quiet.handlers[:] = [handler]
        quiet.propagate = False
        quiet.setLevel(logging.DEBUG if verbose else logging.WARNING)
