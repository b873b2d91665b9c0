"""The form of the tables: which one a ledger has, and bringing it to that of this release when nobody is at work in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import column, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from state import postgres
from state.database import alone, explain, is_postgres, place, writing
from state.errors import RouteBusyError, StateError
from state.instants import Instant, database_now
from state.lease import over
from state.migrations import HEAD, create, known, upgrade
from state.owner import words
from state.texts import Text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# What the leases of every release have. The table as it is now has more than an older ledger's.
_LEASE = table("lease", column("name", Text), column("owner", Text), column("since", Instant), column("until", Instant))


@dataclass(frozen=True, slots=True)
class Form:
    """Which form a ledger's tables have (None: there are none yet) and which one this release works with."""

    found: str | None
    needed: str = HEAD

    @property
    def current(self) -> bool:
        """Whether there is nothing to be done."""
        return self.found == self.needed


def prepare(engine: Engine) -> None:
    """Make the tables of a new ledger; bring those of an earlier release in a file to this release's form.

    In a server several workers share the tables, and one that is new must not take them from those that are not: there
    StateError asks for `docferry state upgrade`. Safe when several processes start at once. Raises RouteBusyError while a run is
    active in a file that would have to be changed, StateError for a newer or foreign database.
    """
    try:
        with engine.connect() as connection, connection.begin():
            here = version(connection)
        if here == HEAD:
            return  # nothing to write, so that looking at a ledger waits for nobody
        if here is not None and is_postgres(engine):
            _refuse_newer(engine, here)
            raise StateError(
                f"The ledger {place(engine)} is in the form of an earlier release (its tables are at {here}, this one needs "
                f"{HEAD}); let all runs end and call `docferry state upgrade` once, workers of the earlier release stop then"
            )
        _upgrade(engine)
    except SQLAlchemyError as error:
        raise explain(error, engine) from error


def form(engine: Engine) -> Form:
    """Say which form the tables have. Raises StateError for a newer or foreign database."""
    try:
        with engine.connect() as connection, connection.begin():
            here = version(connection)
    except SQLAlchemyError as error:
        raise explain(error, engine) from error
    if here is not None and here != HEAD:
        _refuse_newer(engine, here)
    return Form(here)


def bring_up(engine: Engine) -> Form:
    """Bring the tables to this release's form; return which one they had. Raises as `prepare` and RouteBusyError."""
    try:
        return Form(_upgrade(engine))
    except SQLAlchemyError as error:
        raise explain(error, engine) from error


def _upgrade(engine: Engine) -> str | None:
    with writing(engine) as connection, connection.begin():
        alone(connection)  # from here on only one process migrates
        if is_postgres(engine):
            postgres.create_schema(connection)
        here = version(connection)
        if here is None:
            create(connection)
        elif here != HEAD:
            _refuse_newer(engine, here)
            refuse_while_running(connection)
            upgrade(connection)
        return here


def version(connection: Connection) -> str | None:
    """Return the form of the tables, None if there are none.

    Raises StateError if they are not a ledger's, SettingError if what the connection asked for did not reach the
    server, or the database is not in UTF-8.
    """
    schema = None
    if is_postgres(connection.engine):
        schema = postgres.schema_of(connection)
        postgres.check_options(connection)
    tables = inspect(connection).get_table_names(schema=schema)
    if "alembic_version" in tables:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if tables:
        raise StateError(
            f"{place(connection.engine)} is a database, but not a docferry ledger; point DOCFERRY_STATE_URL elsewhere"
        )
    return None


def refuse_while_running(connection: Connection) -> None:
    """Raise RouteBusyError if any process is at work in the ledger, of whichever release."""
    if is_postgres(connection.engine):
        # Nobody begins a run either, until this transaction ends.
        connection.exec_driver_sql("LOCK TABLE lease IN EXCLUSIVE MODE")
    elif "lease" not in inspect(connection).get_table_names():
        return
    for row in connection.execute(select(_LEASE, database_now().label("now"))):
        if not over(row):
            raise RouteBusyError(
                f"The ledger is in use: {row.name} is held by {words(row.owner)} since {row.since:%Y-%m-%d %H:%M:%S} UTC; wait for it to end, "
                f"or end it and try again (without a sign of life its hold ends at {row.until:%H:%M:%S} UTC)"
            )


def _refuse_newer(engine: Engine, here: str) -> None:
    if here not in known():
        raise StateError(
            f"The ledger {place(engine)} was written by a newer docferry (its tables are at {here}, "
            f"this one knows {HEAD}); install that release or point DOCFERRY_STATE_URL elsewhere"
        )
