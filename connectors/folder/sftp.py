"""The driver for sftp:// as it is used here: only servers that this machine knows, and no waiting without an end."""

from __future__ import annotations

import paramiko  # type: ignore[import-untyped] # paramiko has no types
from fsspec.implementations.sftp import SFTPFileSystem  # type: ignore[import-untyped] # neither has fsspec

_WAIT = 60.0
"""Seconds without a sign of life after which the server counts as gone."""


class UnknownHostError(paramiko.SSHException):  # type: ignore[misc] # its base has no types
    """The server shows a key that this machine does not know."""


class _Refuse(paramiko.MissingHostKeyPolicy):  # type: ignore[misc] # its base has no types
    """fsspec would trust whoever answers first, and tell that server the password."""

    def missing_host_key(self, client: object, hostname: str, key: object) -> None:
        del client, hostname, key
        raise UnknownHostError


class SftpFileSystem(SFTPFileSystem):  # type: ignore[misc] # its base has no types
    """Connects when it is made. Host keys are those of `~/.ssh/known_hosts`, unless `host_key_policy` says otherwise."""

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        self.client.set_missing_host_key_policy(self.host_key_policy)
        waits = {"timeout": _WAIT, "banner_timeout": _WAIT, "auth_timeout": _WAIT, "channel_timeout": _WAIT}
        self.client.connect(self.host, **{**waits, **self.ssh_kwargs})
        self.ftp = self.client.open_sftp()
        self.ftp.get_channel().settimeout(_WAIT)


def opened(**options: object) -> SftpFileSystem:
    """Return a file system with a connection of its own."""
    return SftpFileSystem(**{"host_key_policy": _Refuse(), **options}, skip_instance_cache=True)
