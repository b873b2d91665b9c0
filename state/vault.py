"""How secrets are kept in the ledger: encrypted with the first of the operator's keys, read with any of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from state.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAKE_ONE = "openssl rand -base64 32 | tr +/ -_"
"""A command that prints a new key; it needs no Python."""


_FORM = "1."
"""How sealed documents begin; no Fernet token has a dot in it."""
_PURPOSE = b"docferry recorded documents 1"
_SALT, _NONCE = 16, 12
"""Bytes."""
_PER_KEY = 2**24
"""Documents after which another key is derived: nonces are random, and 2**32 of them for one key would be too many."""
_MOST_SALTS = 64


class Vault:
    """Encrypts with authenticated encryption: secrets by Fernet, documents, which are many, by AES-GCM with keys derived of the same.

    To rotate keys, put the new one first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take Fernet keys. Raises SettingError if there is none or one is malformed, without showing it."""
        if not keys:
            raise SettingError(f"DOCFERRY_KEYS is empty; make a key with `{MAKE_ONE}`")
        fernets = []
        for place, key in enumerate(keys, start=1):
            try:
                fernets.append(Fernet(key.strip()))
            except ValueError:
                # Not chained: the cause could quote the key.
                raise SettingError(
                    f"Key {place} in DOCFERRY_KEYS is not a Fernet key; make one with `{MAKE_ONE}`"
                ) from None
        self._bytes = [base64.urlsafe_b64decode(key.strip()) for key in keys]
        self._first = fernets[0]
        self._fernets = MultiFernet(fernets)
        written = [base64.urlsafe_b64encode(key) for key in self._bytes] + [key.strip().encode() for key in keys]
        self.names = tuple(dict.fromkeys(hashlib.sha256(b"docferry key " + key).hexdigest()[:12] for key in written))
        """What the keys are called, the first one first. A name tells nothing of its key.

        One that is spelled in another way than its bytes are (base64 has several) is the same key and has the same name. What
        was named after the spelling, as it once was, is found by that as well, behind all others: it is encrypted anew.
        """
        self._sealing: tuple[bytes, AESGCM] | None = None
        self._left = 0
        self._known: dict[bytes, list[AESGCM]] = {}

    def encrypt(self, content: str | bytes) -> str:
        """Encrypt with the first key."""
        data = content.encode() if isinstance(content, str) else content
        return self._fernets.encrypt(data).decode("ascii")

    def seal(self, content: bytes) -> str:
        """Encrypt a document with a key that is derived of the first one with a salt of this vault's own; both go along."""
        made = self._sealing
        if made is None or self._left <= 0:
            salt = os.urandom(_SALT)
            # in one step: threads may seal at the same time
            made = self._sealing = salt, _derived(self._bytes[0], salt)
            self._left = _PER_KEY
        self._left -= 1
        salt, key = made
        nonce = os.urandom(_NONCE)
        sealed = salt + nonce + key.encrypt(nonce, content, None)
        return _FORM + binascii.b2a_base64(sealed, newline=False).decode("ascii")

    def is_current(self, text: str) -> bool:
        """Tell whether the first key made this text."""
        if text.startswith(_FORM):
            return self._unseal(text, only_first=True) is not None
        try:
            self._first.decrypt(text.encode())
        except InvalidToken:
            return False
        return True

    def decrypt(self, text: str) -> str | None:
        """Decrypt what was encrypted as text, None if no key fits or it was altered."""
        data = self.decrypt_bytes(text)
        return None if data is None else data.decode()

    def decrypt_bytes(self, text: str) -> bytes | None:
        """Decrypt what was encrypted or sealed, None if no key fits or the text was altered."""
        if text.startswith(_FORM):
            return self._unseal(text)
        try:
            return self._fernets.decrypt(text.encode())
        except InvalidToken:
            return None

    def _unseal(self, text: str, *, only_first: bool = False) -> bytes | None:
        try:
            sealed = binascii.a2b_base64(text.removeprefix(_FORM), strict_mode=True)
        except ValueError:
            return None
        salt, nonce, content = sealed[:_SALT], sealed[_SALT : _SALT + _NONCE], sealed[_SALT + _NONCE :]
        for key in self._derived_with(salt)[: 1 if only_first else None]:
            try:
                return key.decrypt(nonce, content, None)
            except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
                continue
        return None

    def _derived_with(self, salt: bytes) -> list[AESGCM]:
        """Return the keys that are derived with a salt, of each of the operator's; what is read together has few salts."""
        known = self._known.get(salt)
        if known is None:
            if len(self._known) >= _MOST_SALTS:
                self._known.clear()
            known = self._known[salt] = [_derived(key, salt) for key in self._bytes]
        return known


def _derived(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, _PURPOSE).derive(key))
