"""Knows which server addresses may be talked to, and the error for a setting that is missing or wrong."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


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
    try:
        parts = urlsplit(url)
        complete = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise SettingsError("must be a complete address such as https://api.example.com") from None
    if parts.scheme not in {"http", "https"} or not complete or parts.query or parts.fragment:
        raise SettingsError("must be a complete address such as https://api.example.com")
    if parts.username or parts.password:
        raise SettingsError("must not carry a user or password")
    if parts.scheme == "http" and not is_loopback(url):
        raise SettingsError("must begin with https, since credentials are sent there")
    return url
