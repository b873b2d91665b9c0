"""The drivers of fsspec: which one an address needs, how it is opened and used, and what its errors ask a person to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

import fsspec  # type: ignore[import-untyped] # fsspec has no types; FileSystem below says what is used

from connectors.urls import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DRIVERS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"} | {
    "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol",
}  # fmt: skip
"""The package that an address needs, by its scheme. They are large and pull in much, so only those who use one install it."""

PUTTING: dict[str, dict[str, object]] = {
    "s3": {"chunksize": 8 << 20, "max_concurrency": 1},
    "gs": {"chunksize": 8 << 20},
}
"""How files are put, by scheme. Left alone these drivers hold 50 MiB, s3fs up to ten times that, of every file under way."""
PUTTING |= {"s3a": PUTTING["s3"], "gcs": PUTTING["gs"]}

REFUSED = "access is refused; check the credentials in the options, and their right to read and write there"
ACCESS = {
    "NoCredentialsError": "there are no credentials; put them into the options",
    "PartialCredentialsError": "the credentials are incomplete; put them into the options",
    "AuthenticationException": REFUSED,
    "ClientAuthenticationError": REFUSED,
    "DefaultCredentialsError": "there are no credentials; put them into the options",
    "UnknownHostError": "the server is not known to this machine; add its key to ~/.ssh/known_hosts once you trust it",
    "BadHostKeyException": "the server shows another key than ~/.ssh/known_hosts has; find out why before you go on",
    "ParamValidationError": "the address or the options are not what the driver takes",
}
"""What a person must do, by the name of a driver's error: their modules are there only if they are installed."""


class FileSystem(Protocol):
    """What is used of fsspec's file systems. All of it blocks."""

    def put_file(self, lpath: str, rpath: str, **options: object) -> None:
        """Copy a local file; nothing or the whole of it appears at an object store."""

    def mv(self, path1: str, path2: str) -> None:
        """Rename."""

    def info(self, path: str) -> dict[str, object]:
        """Return `size` and more. Raises FileNotFoundError."""

    def cat_file(self, path: str) -> bytes:
        """Read a file. Raises FileNotFoundError."""

    def ls(self, path: str, detail: bool) -> list[str]:
        """Name what is in a folder, with full paths. Raises FileNotFoundError."""

    def rm_file(self, path: str) -> None:
        """Remove a file. Raises FileNotFoundError."""

    def exists(self, path: str) -> bool:
        """Tell whether something is there."""

    def makedirs(self, path: str, exist_ok: bool) -> None:
        """Make a folder, where the place has such."""

    def invalidate_cache(self) -> None:
        """Forget remembered listings: others write here too."""


def filesystem(name: str, url: str, options: Mapping[str, object]) -> tuple[Callable[[], FileSystem], str]:
    """Return what opens the file system of an address, and the path in it. Nothing is sent yet.

    Raises SettingsError: no such scheme, or its driver is not installed.
    """
    scheme = url.partition("://")[0]
    try:
        driver = fsspec.get_filesystem_class(scheme)
        told = {**driver._get_kwargs_from_urls(url), **options}  # noqa: SLF001 -- what url_to_fs calls, which connects too
        root = str(driver._strip_protocol(url)).rstrip("/")  # noqa: SLF001 -- same
    except ImportError:
        package = DRIVERS.get(scheme, f"the fsspec driver of {scheme}")
        raise SettingsError(f"{name}: {scheme}:// needs a driver that is not installed; install {package}") from None
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"{name}: {scheme}:// cannot be opened ({type(error).__name__}); check the address"
        ) from None

    def opening() -> FileSystem:
        if scheme in {"sftp", "ssh"}:
            from connectors.folder import sftp  # noqa: PLC0415 -- its library is installed by those who use it

            return cast("FileSystem", sftp.opened(**told))
        # not the instance that fsspec remembers: its connection may have broken in an earlier run
        return cast("FileSystem", driver(**told, skip_instance_cache=True))

    return opening, root
