"""Knows which server addresses may be talked to, and the error for a setting that is missing or wrong."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, urlsplit

_EXAMPLE = "such as https://api.example.com"
_HIGHEST_PORT = 65535
_ODD = re.compile(r"[\s\x00-\x1f\x7f\\]")
"""Programs disagree about what such signs mean in an address, so it may lead elsewhere than it seems to."""


class SettingsError(ValueError):
    """A setting is missing or wrong: one sentence per problem. Never carries the value of a secret."""


def is_loopback(url: str) -> bool:
    """Say whether an address is this machine: localhost, 127.0.0.0/8 or ::1."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_url(url: str) -> str:
    """Return an address that credentials may be sent to. Raises SettingsError unless it is https or this machine."""
    _without_odd_signs(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SettingsError(f"must be a complete address {_EXAMPLE}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"must be a complete address {_EXAMPLE}")
    # Looked for in the text, since an empty query or user is dropped when it is split.
    if "?" in url or "#" in url:
        raise SettingsError("must end with the path: no query (?…) and no fragment (#…)")
    if "@" in parts.netloc:
        raise SettingsError("must not carry a user or password")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port is not None and not 0 < port <= _HIGHEST_PORT:
        raise SettingsError(f"has a port out of range: it must be a number from 1 to {_HIGHEST_PORT}")
    if parts.scheme == "http" and not is_loopback(url):
        raise SettingsError("must begin with https, since credentials are sent there")
    return url


def checked_path(path: str) -> str:
    """Return a path below an address that credentials are sent to. Raises SettingsError if it could lead elsewhere."""
    _without_odd_signs(path)
    if not path.startswith("/") or path.startswith("//"):
        raise SettingsError("must be a path such as /auth/token, beginning with one slash and without a server")
    if "?" in path or "#" in path:
        raise SettingsError("must be a path only: no query (?…) and no fragment (#…)")
    return path


def checked_page(url: str) -> str:
    """Return the pattern of a document's page for a person's browser. Raises SettingsError unless it is https or this machine.

    `{id}` stands once behind the server's name, in the path, the query or the fragment.
    """
    _without_odd_signs(url)
    server, _, rest = url.partition("{id}")
    found = "{id}" in url and re.match(r"https?://[^/?#{}]+(?=[/?#])", server)
    if not found or re.search(r"[{}]", server + rest):
        raise SettingsError(
            "must be a complete address with {id} in it once, behind the server's name: https://app.example.com/{id}"
        )
    if server.startswith("http:") and not is_loopback(server):
        raise SettingsError("must begin with https")
    checked_url(found[0])
    return url


def page(pattern: str | None, document_id: str) -> str | None:
    """Return where a person looks at a document, None without a pattern. The id becomes one segment of the address."""
    return pattern and pattern.replace("{id}", quote(document_id, safe=""))


def _without_odd_signs(text: str) -> None:
    if _ODD.search(text):
        raise SettingsError("must not contain spaces, line breaks or backslashes")
