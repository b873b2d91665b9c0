"""What a process can suffer besides being killed: it is stopped, its clock is set back, its database may not grow."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    import sqlite3


def stop() -> None:
    """Stop here until somebody sends SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)


def set_back() -> None:
    """Set the wall clock back by an hour, also for SQLite. Works where libfaketime stands before the C library."""
    os.environ["FAKETIME"] = "-3600"


def leave_no_room(pages: int) -> None:
    """Let no SQLite database grow by more than so many pages."""

    @event.listens_for(Engine, "connect")
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        (there,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {there + pages}")
