"""The switches of the Zefort sandbox: one for every point where the provider's behaviour is not published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from connectors.sandbox_switches import SharedSwitches


@dataclass
class Switches(SharedSwitches):
    """The Zefort switches. Defaults are what is documented, or the safest assumption where nothing is."""

    queued: float = 0.2
    """Seconds a contract with a file stays queued."""
    processing: float = 0.5
    """Seconds the AI works on it after that."""
    ends_in: Literal["review", "error", "limited"] = "review"
    """Where processing ends."""
    ai: bool = True
    """Whether the AI fills the fields that are not in docai_skip, even where a client has set them meanwhile."""
    index_lag: float = 0.0
    """Seconds until a new contract shows up in lists and searches; its own address works at once."""
    no_slash: Literal["404", "500"] = "404"
    """What a write to a path without its trailing slash does."""
    past_end: Literal["404", "empty"] = "404"
    """What a page past the end is."""
    largest_page: int = 100
    """Larger page sizes are cut to this."""
    sort: Literal["ignored", "honoured"] = "ignored"
    """Whether the undocumented parameter `sort` does anything."""
    archived_listed: bool = False
    """Whether lists without a status filter hold archived contracts."""
    trashed_read: Literal["200", "404"] = "200"
    """Whether a trashed contract can still be read at its address."""
    attributes: Literal["merge", "replace"] = "merge"
    """What PATCH does with the attributes it does not name."""
    custom_attributes: dict[str, str] = field(
        default_factory=lambda: {
            "currency": "choice:EUR,USD,GBP,CHF,SEK,NOK,DKK,JPY,CNY,PLN,CZK",
            "value": "number",
            "invoice_number": "text",
            "due_date": "date",
            "approved": "boolean",
            "cost_centre": "text",
        }
    )
    """The account's own attributes: text, number, date, boolean, or choice:A,B."""
    mandatory: list[str] = field(default_factory=list)
    """Attributes without which a contract is incomplete and cannot become done."""
    party_dedupe: Literal["never", "name", "org_id", "external_id"] = "never"
    """What makes a party that is added by its data join one that is in the register."""
    binder_again: Literal["400", "200", "201"] = "400"
    """What putting a contract into a binder it is already in answers."""
    tag_names_unique: bool = True
    """Whether a second tag of the same name is refused (400)."""
    trims_text: bool = True
    """Whether blanks around names and titles are cut off, as is usual in the framework assumed here."""
    documents_deletable: bool = True
    """Whether the inferred call that deletes one file exists."""
    download: Literal["documents", "contract", "none"] = "documents"
    """Where a file is fetched: below its own address, below its contract's, or nowhere (then 404)."""
    cover_listed: bool = True
    """Whether `documents` repeats the cover document."""
    beside_moves_modified: bool = True
    """Whether notes, tags and signing requests move `last_modified`."""
    trash_list: Literal["200", "403", "404"] = "200"
    """What the list of the trash answers."""
    hides_rows: bool = False
    """Every page leaves out half of its rows, which no other page shows, and counts them all the same."""
    sees_all: bool = True
    """Whether the key sees contracts of other owners that are in no binder."""
    esign_ids: Literal["text", "number"] = "text"
    """What ids of signing requests look like: the tutorial and the reference differ."""
    esigns_listed: Literal["objects", "ids"] = "objects"
    """How a contract lists its signing requests: with their status, or by their ids alone."""
    signed_mark: str = "\n% signed\n"
    """What signing adds at the end of a file."""
    largest_file: int = 50 << 20
    """Bytes; larger files are refused (413)."""
    keep_bytes: int = 16 << 10
    """Files up to this size can be downloaded again; of larger ones only name, size and digest are kept."""
