"""Sends our own log lines to Prefect's page: with route, run and document in front, and secrets masked."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from prefect.context import get_run_context
from prefect.logging.handlers import APILogHandler

from connectors.secrets import Masking
from flows.log_lines import Placed, Placing

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEVELS = {"docferry": logging.INFO, "connectors": logging.WARNING, "state": logging.WARNING}


@contextlib.contextmanager
def logged_on_page() -> Iterator[None]:
    """Log to Prefect while the block is active, inside a flow run. Raises MissingContextError (Prefect's) outside one."""
    get_run_context()
    handler = APILogHandler()
    handler.addFilter(Placing())
    handler.addFilter(Masking())
    handler.setFormatter(Placed("%(message)s"))
    loggers = {logging.getLogger(name): level for name, level in _LEVELS.items()}
    before = {logger: logger.level for logger in loggers}
    for logger, level in loggers.items():
        logger.addHandler(handler)
        logger.setLevel(level)
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.removeHandler(handler)
            logger.setLevel(level)
