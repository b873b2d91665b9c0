"""Keyed fingerprints: how the ledger can tell "the same as before" about a value that it must not be able to tell.

An unkeyed hash of a currency, a date or an amount is found out by trying them all. So the key (32 random bytes) is kept
out of the database: encrypted with the operator's DOCFERRY_KEYS, or, without those, in a file beside the ledger.
"""

from __future__ import annotations

import hmac
import logging
import os
import secrets
import shlex
import stat
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from state.database import alone, explain, place, writing
from state.errors import SettingError, StateError
from state.models import fingerprint_key
from state.vault import MAKE_ONE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from state.vault import Vault

log = logging.getLogger(__name__)

MARK = "fp-"
"""How every fingerprint begins, so that they can be found in the rows when the key is replaced."""
REKEYED = "rekeyed"
"""The step of a transfer whose steps do not tell all that was done: what they lack is asked of the far end before it is done.

Its fingerprints were dropped, or the ledger was put back from a backup (see `state.restoring`)."""
_BYTES = 32
_BLOCK = 64
"""Bytes that SHA-256 takes in at a time. No key is longer."""
_SHORT, _REMEMBERED = 64, 1024
"""Characters, and how many texts: a document's version is asked for when it is listed, read, judged and settled."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_CHECKED = b"docferry fingerprints"
_LOST = (
    "If it is gone for good, `docferry state rekey` makes a new one; documents are then compared with the far end anew"
)


class MissingKeyError(SettingError):
    """The key of the fingerprints cannot be used; `why` says why, the message also what is left if it is gone for good."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}. {_LOST}")
        self.why = why


class Fingerprints:
    """Makes fingerprints with one ledger's key. They are equal for equal texts and say nothing else."""

    def __init__(self, key: bytes) -> None:
        # HMAC as RFC 2104 makes it, the key taken in once: a document needs four, and the standard library's take twice as long.
        padded = key.ljust(_BLOCK, b"\0")
        self._inner, self._outer = (sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
        self._again = lru_cache(_REMEMBERED)(self._made)

    def of(self, text: str | bytes) -> str:
        """Return `fp-` and 32 hex digits of the text's HMAC-SHA-256."""
        return self._again(text) if len(text) <= _SHORT else self._made(text)

    def _made(self, text: str | bytes) -> str:
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return MARK + outer.hexdigest()[:_BYTES]


def open_fingerprints(engine: Engine, vault: Vault | None) -> Fingerprints:
    """Open this ledger's key; a new ledger gets one. With a vault the key lives there, and moves there if need be.

    Raises SettingError if the key is missing or does not belong to this ledger, StateError if it cannot be kept.
    """
    try:
        with engine.connect() as connection, connection.begin():
            key, settled = read_key(connection, vault)
        if not settled:
            # The write lock is held from the second look on: of several processes only one makes the key.
            with writing(engine) as connection, connection.begin():
                alone(connection)
                key, settled = read_key(connection, vault)
                if not settled:
                    key = keep_key(connection, vault, key)
    except SQLAlchemyError as error:
        raise explain(error, engine) from error
    file = key_file(engine)
    if vault is not None and file is not None and file.exists():
        file.unlink()  # committed in the vault: the copy in the open may go
    return Fingerprints(key)


def readable(connection: Connection, vault: Vault | None) -> bool:
    """Tell whether the ledger has a key already.

    Raises SettingError if it is missing or does not belong to this ledger, StateError if its file cannot be read.
    """
    return bool(read_key(connection, vault)[0])


def read_key(connection: Connection, vault: Vault | None) -> tuple[bytes, bool]:
    """Return the key and whether it is kept where it should be; an empty key if the ledger has none yet."""
    row = connection.execute(select(fingerprint_key)).one_or_none()
    file = key_file(connection.engine)
    if row is None:
        return (_from_file(file) if file is not None and file.exists() else b""), False
    settled = (row.encrypted is None) == (vault is None)
    if row.encrypted is None:
        if file is None or not file.exists():
            raise MissingKeyError(f"The ledger's key file {file} is missing; put it back from the backup")
        key = _from_file(file)
    elif vault is None:
        raise MissingKeyError(f"The ledger {place(connection.engine)} was used with DOCFERRY_KEYS; set it")
    else:
        text = vault.decrypt(row.encrypted)
        if text is None:
            raise MissingKeyError(
                f"No key in DOCFERRY_KEYS opens the ledger {place(connection.engine)}; "
                "put the one it was used with behind the new one"
            )
        key, settled = bytes.fromhex(text), vault.is_current(row.encrypted)
    if not hmac.compare_digest(row.proof, _proof(key)):
        raise MissingKeyError(f"The key file {file} belongs to another ledger; put the right one back")
    return key, settled


def keep_key(connection: Connection, vault: Vault | None, key: bytes) -> bytes:
    """Write the key (a new one if it is empty) where it belongs. A file is on the disk before the row that needs it."""
    key = key or secrets.token_bytes(_BYTES)
    file = key_file(connection.engine)
    if vault is None:
        if file is None:
            raise SettingError(
                f"The ledger {place(connection.engine)} has no file beside it that could hold the key of its fingerprints, "
                f"so it needs DOCFERRY_KEYS; make a key with `{MAKE_ONE}` and give it to every worker"
            )
        if not file.exists():
            _to_file(file, key)
    connection.execute(delete(fingerprint_key))
    connection.execute(
        insert(fingerprint_key).values(
            id=1, proof=_proof(key), encrypted=None if vault is None else vault.encrypt(key.hex())
        )
    )
    return key


def _proof(key: bytes) -> str:
    return hmac.digest(key, _CHECKED, "sha256").hex()


def key_file(engine: Engine) -> Path | None:
    """Return the file beside a ledger that is a file itself, None beside a server."""
    return Path(f"{engine.url.database}.key").absolute() if engine.dialect.name == "sqlite" else None


def _from_file(file: Path) -> bytes:
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
        others = file.stat().st_mode & _OTHERS
    except OSError as error:
        raise StateError(
            f"The ledger's key file {file} cannot be read ({error.strerror}); let this user read it"
        ) from error
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise MissingKeyError(f"The ledger's key file {file} is damaged; put it back from the backup")
    if others:
        log.warning("other users can read the ledger's key file; close it with: chmod 600 %s", shlex.quote(str(file)))
    return key


def _to_file(file: Path, key: bytes) -> None:
    """Write whole or not at all, readable for this user only."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as opened:
            opened.write(key.hex())
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StateError(
            f"The ledger's key file {file} cannot be written ({error.strerror}); "
            "free space or let this user write there, then run again"
        ) from error
