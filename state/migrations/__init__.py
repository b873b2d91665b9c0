"""How the tables came to be: one numbered step per release that changed them. A new ledger gets them as they are by now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table, insert

from state.models import metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HEAD = "0010"
"""The form of the tables that this release works with; stated here so that a start need not load alembic."""

_VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where alembic keeps the form, as alembic makes it."""


def create(connection: Connection) -> None:
    """Make the tables of a new ledger inside the caller's transaction: loading alembic would take ten times as long."""
    metadata.create_all(connection, checkfirst=False)
    _VERSION.create(connection)
    connection.execute(insert(_VERSION).values(version_num=HEAD))


def config() -> Config:
    """Return alembic's configuration for this folder."""
    from alembic.config import Config  # noqa: PLC0415 -- takes a tenth of a second and is needed once per release

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    return made


def known() -> set[str]:
    """Return every form of the tables that this release knows."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 -- see above

    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def upgrade(connection: Connection, to: str = HEAD) -> None:
    """Bring tables of a known form to another one inside the caller's transaction."""
    from alembic import command  # noqa: PLC0415 -- see above

    alembic = config()
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, to)
