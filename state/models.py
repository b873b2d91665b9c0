"""The ledger's tables: what is remembered about every document, and who may write."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from state.dialect import Id
from state.instants import Instant
from state.texts import Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Where a listing goes on; moves in the same transaction as the rows it stands for.
cursor = Table(
    "cursor",
    metadata,
    Column("route", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("moved_at", Instant, nullable=False),
)

# One source document on one route.
transfer = Table(
    "transfer",
    metadata,
    Column("id", Id, primary_key=True),
    Column("route", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("version", Text, nullable=False),  # the listing's hint when last seen
    Column("content_version", Text),  # what was last judged by its content
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant),
    # A person, or a change at the source, wants it carried although the source let go of it.
    Column("asked", Boolean, nullable=False, default=False),
    Column("key", Text, nullable=False),
    Column("external_id", Text),
    Column("reason_class", Text),
    Column("reason", Text),
    Column("mapping_version", Text),
    # Under which version of the mapping it was last tried whether that would change anything, if it was not.
    Column("tried_under", Text),
    Column("payload_digest", Text),
    Column("follow_at", Instant),
    Column("delivered_at", Instant),
    # Of a pair of routes only: at which end of this one the document was made, source or destination.
    Column("origin", Text),
    # The run that works on the two sides of a pair (see state.pairs), on the transfer that was entered first.
    Column("engaged", Text),
    # The lease of the run that works on it. One that is not there any more counts as none.
    Column("claim", Text),
    # What the far end has shown of this delivery so far: words, parted by blanks; null: nothing yet.
    Column("standing", Text),
    UniqueConstraint("route", "document_id"),
    Index(None, "document_id"),
    Index(None, "route", "status", "due_at"),
    Index(None, "route", "follow_at"),
    Index(None, "external_id"),
    Index(None, "key"),
    # What waits although it was tried. It begins as the one of all that waits: with fewer columns SQLite would take that.
    Index(
        "ix_transfer_tried",
        "route",
        "status",
        "due_at",
        "reason_class",
        sqlite_where=text("status = 'pending' AND (reason IS NOT NULL OR reason_class IS NOT NULL)"),
        postgresql_where=text("status = 'pending' AND (reason IS NOT NULL OR reason_class IS NOT NULL)"),
    ),
)

# The journal: calls that must not happen twice. An intent without a result is a question, not an answer.
step = Table(
    "step",
    metadata,
    Column("id", Id, primary_key=True),
    Column("transfer_id", ForeignKey("transfer.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("intent_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("result", Text),
    UniqueConstraint("transfer_id", "name"),
)

# The outbox to the source. `route` repeats the transfer's so that one index answers "what is owed?".
feedback = Table(
    "feedback",
    metadata,
    Column("id", Id, primary_key=True),
    Column("transfer_id", ForeignKey("transfer.id"), nullable=False),
    Column("route", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("owed_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done_at", Instant),
    Column("answer", Text),  # told | refused | gone | superseded, once done
    Column("claim", Text),  # as a transfer's; a message that is superseded while it is told keeps it until it is told
    Column("said", Text),  # why the source refused it
    UniqueConstraint("transfer_id", "seq"),
    Index(
        "ix_feedback_open",
        "route",
        "due_at",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
    Index(
        "ix_feedback_refused",
        "route",
        "transfer_id",
        sqlite_where=text("answer = 'refused'"),
        postgresql_where=text("answer = 'refused'"),
    ),
    # What was taken last of a kind, and of what the document was gone lately: every look at the alarms asks for them.
    Index(
        "ix_feedback_told",
        "route",
        "outcome",
        "done_at",
        sqlite_where=text("answer = 'told'"),
        postgresql_where=text("answer = 'told'"),
    ),
    Index(
        "ix_feedback_gone",
        "route",
        "done_at",
        sqlite_where=text("answer = 'gone'"),
        postgresql_where=text("answer = 'gone'"),
    ),
    Index(
        "ix_feedback_claim",
        "claim",
        sqlite_where=text("claim IS NOT NULL"),
        postgresql_where=text("claim IS NOT NULL"),
    ),
)

# What happened to a document, in order; rows are added, never changed.
event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("transfer_id", ForeignKey("transfer.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("run_id", Text),
    Column("kind", Text, nullable=False),
    Column("detail", Text),
    Index(None, "transfer_id"),
)

# The mappings that runs have used. A route file and its tables hold no secrets and no document's values.
mapping_version = Table(
    "mapping_version",
    metadata,
    Column("route", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("first_used_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    # When everything that earlier versions had judged was tried under this one; None while that is to be done.
    Column("tried_at", Instant),
    Column("bundle", LargeBinary, nullable=False),  # the texts by file name, as JSON, compressed
)

# Source documents as they were last judged, so that another mapping can be tried on them. Kept only with a vault.
snapshot = Table(
    "snapshot",
    metadata,
    Column("transfer_id", ForeignKey("transfer.id"), primary_key=True, autoincrement=False),
    Column("route", Text, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("key", Text, nullable=False),  # the name of the vault's key
    Column("sealed", Text, nullable=False),  # compressed, then encrypted
    Index(None, "route", "taken_at"),
)

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("route", Text, nullable=False),
    Column("state", Text, nullable=False),  # running | finished | interrupted
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("complete", Boolean),
    Column("counts", Text),  # JSON object of whole numbers
    Column("note", Text),
    # What a person asked this run for, and why, as the one who runs it has written it; null: nothing in particular.
    Column("asked", Text),
    # What the orchestrator calls this run, so that each can be told how the other one stands; null: nobody orchestrates it.
    Column("flow_run", Text),
    Index(None, "route", "started_at"),
    Index(None, "flow_run"),
)

# Who may write: a row for each living run, named by its id. Besides, a row for each route, its anchor, and for each section
# that one process at a time is in: those stay for ever, so that `fence` only grows. Times are the database's.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),  # empty when free, and in an anchor
    Column("fence", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("route", Text),  # only a run's
    Column("shared", Boolean),  # a run's: whether others may run the route beside it, if they say so too
    Column("turn", Text),  # a run's: what it is doing that only one of them may do at a time (see state.turns)
    # An anchor's: what its fence was when a reading of the listing last came to its end, so which runs had begun by then.
    Column("read_by", Integer),
)

# What a connection remembers of its account; `name` is a fingerprint.
memory = Table(
    "memory",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("kept_at", Instant, nullable=False),
)

# The key of all fingerprints, of which there is one. It is here only as the vault has encrypted it; else in a file.
fingerprint_key = Table(
    "fingerprint_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("proof", Text, nullable=False),  # tells whether a key is the right one
    Column("encrypted", Text),
)

# Access tokens that outlive a process, encrypted by the vault.
token = Table(
    "token",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("encrypted", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
)

# Settings of connections, encrypted by the vault (see state.credentials).
credential = Table(
    "credential",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("setting", Text, primary_key=True),
    Column("encrypted", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
)

# The last transaction of every session that writes to a server, written by itself. Whoever loses the answer to a commit reads here
# whether it took effect; rows are dropped after a day.
receipt = Table(
    "receipt",
    metadata,
    Column("session", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)
