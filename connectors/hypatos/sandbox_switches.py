"""The switches of the Hypatos sandbox: one for every point where the provider's behaviour is not published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from connectors.sandbox_switches import SharedSwitches


@dataclass
class Switches(SharedSwitches):
    """The Hypatos switches. Defaults are what is documented, or the safest assumption where nothing is."""

    over_limit: Literal["cut", "400"] = "cut"
    """What a limit above 50 does."""
    past_end: Literal["empty", "400"] = "empty"
    """What an offset at or past the end does."""
    list_entities: bool = False
    """Whether list items carry `entities`."""
    restless: bool = False
    """Whether extracted data holds something that is another with every answer (a signed address, say)."""
    thin_once_told: bool = False
    """Whether documents that were transferred or rejected show only what is promised: id, times, state and title."""
    software_bumps_updated: bool = False
    """Whether changes of state made by the software move `updatedAt`."""
    applied_after: float = 0.2
    """Seconds between a 202 and its effect."""
    listing_lag: float = 0.0
    """Seconds by which listings run behind the documents."""
    duplicates: Literal["fail", "allow"] = "fail"
    """Whether a file with the same bytes in the same project ends in `failed`."""
    completion: Literal["manual", "automatic"] = "manual"
    """Whether a processed file ends in `extracted` or in `doneAutomatically`."""
    processing: float = 0.5
    """Seconds a processed file spends in `processing` (and a fifth of that in `new`)."""
    wrong_state: Literal["400", "ignored"] = "400"
    """What transfer and reject do in a state that does not allow them; `ignored` is a 202 without effect."""
    quota: int = 10
    """Requests per window; 0 switches the limit off (the headers stay)."""
    window: float = 1.0
    """Seconds of a quota window."""
    over_quota_body: Literal["empty", "json"] = "empty"
    """Body of a 429."""
    token_life: float = 3600.0
    """Seconds an access token lives."""
    scopes: str = "documents.read documents.write files.read files.write projects.read companies.read enrichment.write"
    """What tokens may do; a call outside of it is a 403."""
    unknown_project: Literal["404", "400"] = "404"
    """What processing into a project that does not exist answers; the same for a file that is not there."""
    file_names: Literal["decoded", "raw"] = "decoded"
    """Whether percent signs in X-Hy-Filename are decoded."""
    titles: Literal["as sent", "decomposed", "cut"] = "as sent"
    """Whether a title is kept as it came, in decomposed letters with blanks around it, or cut at 200 characters."""
    case_answer: Literal["202", "201", "200"] = "202"
    """What process-file-batch answers, always without a body."""
    case_merges: bool = True
    """Whether the files of a case become one document; otherwise each becomes its own."""
    case_main: Literal["first", "last"] = "first"
    """Which file of a merged case is its main one."""
    case_lag: float = 0.0
    """Seconds until the documents of a case exist."""
    enrichment_answer: Literal["id", "empty"] = "id"
    """What storing master data answers."""
    no_enrichment: list[str] = field(default_factory=list)
    """Kinds of master data that this account does not have (404)."""
    projects_list: Literal["200", "403", "404"] = "200"
    """What the list of projects answers."""
    largest_file: int = 50 << 20
    """Bytes; larger files are refused (413)."""
    keep_bytes: int = 4 << 20
    """Files up to this size can be downloaded again; of larger ones only name, size and digest are kept."""
    credentials_dead: bool = False
    """Client id and secret are refused, and every token with them."""
