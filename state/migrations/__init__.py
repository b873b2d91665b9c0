"""How the tables came to be: one numbered step per release that changed them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HEAD = "0005"
"""The form of the tables that this release works with; stated here so that a start need not load alembic."""


def config() -> Config:
    """Return alembic's configuration for this folder."""
    from alembic.config import Config  # noqa: PLC0415 -- takes a tenth of a second and is needed once per release

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    return made


def upgrade(connection: Connection, here: str | None) -> bool:
    """Bring the tables to HEAD inside the caller's transaction. Return False if their form is unknown (a newer one)."""
    from alembic import command  # noqa: PLC0415 -- see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 -- see above

    alembic = config()
    known = {script.revision for script in ScriptDirectory.from_config(alembic).walk_revisions()}
    if here is not None and here not in known:
        return False
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, HEAD)
    return True
