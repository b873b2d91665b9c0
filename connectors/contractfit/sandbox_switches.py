"""The switches of the Contract.fit sandbox: one for every point where the provider's behaviour is not published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from connectors.sandbox_switches import SharedSwitches

RIGHTS = (
    "upload view_list review submit reject_document escalate_document de_escalate_document release_lock edit_documents"
)


@dataclass
class Switches(SharedSwitches):
    """The Contract.fit switches. Defaults are what is documented, or the likelier truth where nothing is."""

    envelope: Literal["object", "array"] = "object"
    """Whether a page of an inbox is an object, or a list with that object in it as the specification has it."""
    mask: Literal["honoured", "ignored", "refused"] = "honoured"
    """What the header X-Fields does on listings; `refused` is a 400."""
    order: Literal["newest", "oldest", "shuffled"] = "newest"
    """The order of listings for which none was asked."""
    order_by: Literal["supported", "ignored", "400", "500"] = "supported"
    """What the parameter `order_by` does."""
    past_end: Literal["empty", "404"] = "empty"
    """What a page past the end is."""
    largest_page: int = 100
    """More rows than this are not given at a time."""
    over_limit: Literal["cut", "400", "500"] = "cut"
    """What asking for more rows than that does."""
    phantoms: int = 0
    """Documents that the total of a listing counts and no page shows."""
    dates: Literal["naive", "Z", "offset"] = "naive"
    """How moments are written."""
    detail: Literal["raw", "plain"] = "raw"
    """Whether a single document is the database's own record (`_id.$oid`, `$date`) or what listings show."""
    versions: Literal["names", "inline", "absent"] = "names"
    """Whether `versions` of a document only name the versions or carry their data."""
    last_version_call: bool = True
    """Whether the call for the last version is offered (405 if not)."""
    numbers: bool = False
    """Whether values that are amounts are JSON numbers instead of text."""
    reply: Literal["id", "document_id", "_id", "oid", "string", "text", "document", "list", "nothing"] = "id"
    """What an upload answers."""
    receiving: float = 2.0
    """Seconds until an uploaded file is taken into work."""
    processing: float = 20.0
    """Seconds the work on it takes."""
    ends_in: Literal["processed", "to_review", "failed"] = "processed"
    """Where the work on an uploaded file ends."""
    duplicates: Literal["allow", "fail"] = "allow"
    """What becomes of a file whose bytes the inbox holds already: one more document, or one that fails."""
    visible_after: float = 0.0
    """Seconds until an uploaded document can be read at its own address (404 before)."""
    listing_lag: float = 0.0
    """Seconds until it shows in listings."""
    status_answer: Literal["document", "empty", "word"] = "document"
    """What a change of status answers."""
    without_effect: list[str] = field(default_factory=list)
    """Changes of status (lock, escalate, reject, submitted, archived) that are answered with 200 and do nothing."""
    feedback_submits: bool = False
    """Whether feedback also sets `submitted`."""
    feedback_name: Literal["kept", "submitted"] = "kept"
    """Whether a version sent as feedback keeps its name."""
    feedback_lag: float = 0.0
    """Seconds until feedback shows."""
    custom_output: bool = False
    """Whether the vendor has configured one (404 if not)."""
    bad_credentials: Literal["401", "403"] = "401"
    """What wrong or missing credentials are answered with."""
    bad_id: Literal["400", "404", "500"] = "404"
    """What a malformed id is answered with."""
    gone: Literal["404", "403"] = "404"
    """What a document that is not there is answered with."""
    token: Literal["jwt", "opaque"] = "jwt"  # noqa: S105 -- a kind of token
    """Whether a token can be read by whoever holds it."""
    token_life: float = 3600.0
    """Seconds a token lives."""
    rights: str = RIGHTS
    """What the account may do; a call outside of it is a 403."""
    largest_file: int = 20 << 20
    """Bytes; larger files are refused (413)."""
    keep_bytes: int = 64 << 10
    """Files up to this size can be downloaded again; of larger ones only name, size and digest are kept."""
