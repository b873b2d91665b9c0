"""A new key of the fingerprints, where the old one is lost for good: what that takes away, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.exc import SQLAlchemyError

from state.database import alone, explain, writing
from state.fingerprints import MARK, REKEYED, MissingKeyError, keep_key, key_file, readable
from state.instants import Instant
from state.lease import check_idle
from state.models import fingerprint_key, memory, step, transfer
from state.snapshots import count_unreadable, drop_unreadable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from state.vault import Vault


@dataclass(frozen=True, slots=True)
class Loss:
    """What a new key takes away. `why` says why the old one cannot be used here."""

    why: str
    documents: int
    """How many are compared with the far end anew."""
    recorded: int
    """How many recorded documents are dropped, since no key opens them."""


def loss(engine: Engine, vault: Vault | None) -> Loss | None:
    """Say what a new key would take away; None if the ledger needs none: its key can be used, or it has none yet.

    Raises StateError if that cannot be told: the ledger, or the file with its key, cannot be read.
    """
    try:
        with engine.connect() as connection:
            try:
                readable(connection, vault)
            except MissingKeyError as error:
                begun = select(func.count(step.c.transfer_id.distinct()))
                return Loss(
                    error.why,
                    connection.execute(begun).scalar_one(),
                    count_unreadable(connection, vault),
                )
            return None
    except SQLAlchemyError as error:
        raise explain(error, engine) from error


def rekey(engine: Engine, vault: Vault | None) -> int:
    """Give the ledger a new key and drop every fingerprint; return how many transfers that concerns.

    What such a transfer has still to do is looked for at the far end before it is done. Raises RouteBusyError while
    a run is active, StateError if the ledger cannot be written.
    """
    try:
        with writing(engine) as connection, connection.begin():
            alone(connection)
            check_idle(connection)
            return _rekey(connection, vault)
    except SQLAlchemyError as error:
        raise explain(error, engine) from error


def _rekey(connection: Connection, vault: Vault | None) -> int:
    marked = step.c.name.contains(MARK, autoescape=True) | step.c.result.contains(MARK, autoescape=True)
    # Marks that are there stay: what they concern is not known better since, and some say that a backup was put back.
    there = select(step.c.transfer_id).where(step.c.name == REKEYED)
    begun = select(step.c.transfer_id).where(step.c.transfer_id.not_in(there)).distinct().scalar_subquery()
    now = literal(datetime.now(UTC), Instant())
    marks = select(transfer.c.id, literal(REKEYED), now, now, literal("")).where(transfer.c.id.in_(begun))
    connection.execute(insert(step).from_select(["transfer_id", "name", "intent_at", "done_at", "result"], marks))
    connection.execute(delete(step).where(marked))
    connection.execute(update(transfer).values(version="", content_version=None, payload_digest=None))
    connection.execute(
        delete(memory).where(memory.c.connection != "")
    )  # what connections remember, not the ledger itself
    connection.execute(delete(fingerprint_key))
    file = key_file(connection.engine)
    if file is not None and file.exists():
        # Put aside, not deleted: should this transaction fail, the ledger still has its key.
        file.replace(file.with_name(f"{file.name}.replaced"))
    keep_key(connection, vault, b"")
    drop_unreadable(connection, vault)
    return connection.execute(select(func.count()).select_from(step).where(step.c.name == REKEYED)).scalar_one()
