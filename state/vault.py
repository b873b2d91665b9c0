"""How secrets are kept in the ledger: encrypted with the first of the operator's keys, read with any of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from state.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAKE_ONE = "openssl rand -base64 32 | tr +/ -_"
"""A command that prints a new key; it needs no Python."""


class Vault:
    """Encrypts text with authenticated encryption (Fernet). To rotate keys, put the new one first."""

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
        self._first = fernets[0]
        self._fernets = MultiFernet(fernets)
        self.names = tuple(hashlib.sha256(b"docferry key " + key.strip().encode()).hexdigest()[:12] for key in keys)
        """What the keys are called, the first one first. A name tells nothing of its key."""

    def encrypt(self, content: str | bytes) -> str:
        """Encrypt with the first key."""
        data = content.encode() if isinstance(content, str) else content
        return self._fernets.encrypt(data).decode("ascii")

    def is_current(self, text: str) -> bool:
        """Tell whether the first key made this text."""
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
        """Decrypt, None if no key fits or the text was altered."""
        try:
            return self._fernets.decrypt(text.encode())
        except InvalidToken:
            return None
