"""The switches of the DocuMine sandbox: one for every point where the provider's behaviour is not published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.sandbox_switches import SharedSwitches


@dataclass
class Switches(SharedSwitches):
    """The DocuMine switches. Defaults are what is documented, or the safest assumption where nothing is."""

    realms: Literal["/auth/realms", "/realms"] = "/auth/realms"
    """Where the login server keeps its realms; newer releases dropped the first part."""
    rotation: Literal["rotate", "old_valid", "not_returned"] = "rotate"
    """What a refresh does to the refresh token: a new one and the old one dead, a new one and the old one still valid,
    or none in the answer (the old one goes on)."""
    access_life: float = 300.0
    """Seconds an access token lives."""
    refresh_life: float = 1800.0
    """Seconds a refresh token lives, counted from the last refresh."""
    session_life: float = 36_000.0
    """Seconds after which a login ends however often it was refreshed."""
    refresh_field: Literal["refresh_expires_in", "refresh_expries_in", "omitted"] = "refresh_expires_in"
    """How the answer names the refresh token's lifetime; the provider's page misspells it."""
    password_grant: bool = True
    """Whether the client may log in with a password at all."""
    credentials_dead: bool = False
    """User, password and every token are refused."""
    secret_needed: bool = True
    """Whether the client is confidential."""
    pkce: Literal["optional", "required", "refused"] = "optional"
    """What the login page makes of a code challenge."""
    tenant: Literal["checked", "ignored"] = "checked"
    """Whether a missing or foreign X-TENANT-ID is a 403."""
    body_401: Literal["empty", "json"] = "empty"
    """Body of a 401."""
    stamps: Literal["offset", "z", "mixed"] = "mixed"
    """How instants are spelt."""
    unpublished_params: Literal["honoured", "ignored"] = "honoured"
    """Whether the include… parameters do anything."""
    step: float = 0.1
    """Seconds a file spends in each state of its analysis."""
    ends_in: Literal["PROCESSED", "ERROR", "stuck", "novel"] = "PROCESSED"
    """How an analysis ends: done, failed, never, or in a state that nobody has documented."""
    early_components: Literal["empty", "404", "409"] = "empty"
    """What asking for components before the end of an analysis answers."""
    progress_shown: bool = True
    """Whether files show lastProcessed and numberOfAnalyses."""
    upload_answer: Literal["fileIds", "fileId", "id", "empty"] = "fileIds"
    """How the answer to an upload names the file."""
    file_spelling: Literal["id,fileName", "fileId,filename"] = "id,fileName"
    """How files name their id and their name."""
    detail_key: Literal["values", "componentValues"] = "values"
    """What the details of a component are called."""
    package_key: Literal["storageId", "id", "downloadId"] = "storageId"
    """How packages name their id."""
    package_time: float = 0.1
    """Seconds until a package is built (half of it in each state)."""
    package_end: Literal["READY", "FAILED"] = "READY"
    """How the building of a package ends."""
    package_form: Literal["flat", "folders", "bare"] = "flat"
    """What a package is: a ZIP of files, a ZIP with folders and a report beside the original, or the bare file."""
    packages_listed: bool = True
    """Whether the list of packages exists."""
    direct_original: bool = False
    """Whether the uncertain call that fetches an original directly exists."""
    licence: bool = True
    """Whether the licence's usage can be read."""
    taken_name: Literal["409", "201"] = "409"
    """What making a dossier of a name that is taken does: refused, or a second one of that name."""
    listing_lag: float = 0.0
    """Seconds until a new dossier or file shows up in lists; its own address works at once."""
    same_file_id: bool = True
    """Whether a file that overwrites another keeps its id."""
    csv: Literal["attributes", "document"] = "attributes"
    """What an uploaded CSV is taken for."""
    zip: Literal["unpacked", "document"] = "unpacked"
    """Whether an uploaded ZIP is taken apart."""
    largest_file: int = 100 << 20
    """Bytes; larger files are refused (413)."""
    keep_bytes: int = 4 << 20
    """Bytes; of larger uploads only size and digest are kept, and no package can be built of them."""
