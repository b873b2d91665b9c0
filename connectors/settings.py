"""Reads a connection's settings from everywhere they may be, and says where it looked when one is missing."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError

from connectors.limits import Limits
from connectors.secrets import hide
from connectors.urls import SettingsError, checked_page, checked_path, checked_url, is_loopback

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["ConnectionSettings", "HttpsUrl", "SettingsError", "UrlPath", "check_env_file", "variable"]

SECRETS_DIR = "DOCFERRY_SECRETS_DIR"
"""Names a directory with one file per setting, as container platforms mount them."""

HttpsUrl = Annotated[str, AfterValidator(checked_url)]
"""An address that credentials may be sent to: https, or http on this machine."""
UrlPath = Annotated[str, AfterValidator(checked_path)]
"""A path below it, from its root: it cannot name another server."""


PagePattern = Annotated[str, AfterValidator(checked_page)]
"""Where a person looks at a document of the account: an address with `{id}` in it."""


def check_env_file(path: str | Path | None) -> None:
    """Make sure that an env file, if there is one, is UTF-8 text. Raises SettingsError with the file and the line."""
    if path is None or not Path(path).is_file():
        return
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); let this user read it") from None
    good = len(content)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        good = error.start
    # UTF-16 without a mark at its beginning is UTF-8 to the letter: it shows by its zero bytes only.
    zero = content.find(b"\0")
    place = min(good, zero if zero >= 0 else good)
    if place < len(content):
        line = content.count(b"\n", 0, place) + 1
        raise SettingsError(f"{path}, line {line}: this is not UTF-8 text; save the file as UTF-8")


def variable(connection: str, setting: str) -> str:
    """Return the name under which a connection's setting is looked up: HYPATOS_US_BASE_URL."""
    return re.sub(r"\W", "_", f"{connection}_{setting}").upper()


def mentioned(connection: str, env_file: str | Path | None = ".env") -> bool:
    """Tell whether any setting of a connection is there at all, in the environment, the env file or the secrets directory.

    Raises SettingsError if the env file cannot be read.
    """
    check_env_file(env_file)
    names = [name for name, value in os.environ.items() if value.strip()]
    if env_file and Path(env_file).is_file():
        names += dotenv_values(env_file, encoding="utf-8-sig")
    directory = os.environ.get(SECRETS_DIR)
    if directory and Path(directory).is_dir():
        names += [file.name for file in Path(directory).iterdir()]
    return any(name.upper().startswith(variable(connection, "")) for name in names)


class ConnectionSettings(BaseSettings):
    """What every connection can be told. Providers add their own fields, and a default for `base_url`.

    `max_rate` is requests per second (unset: the provider's default, and no limit on this machine),
    `max_concurrency` calls at a time, `timeout` the longest silence in seconds. `page_url` is where a person looks at a
    document, with `{id}` for its id.
    """

    model_config = SettingsConfigDict(
        extra="ignore",
        env_ignore_empty=True,
        env_file_encoding="utf-8-sig",  # with a byte order mark the first setting would have another name
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    provider: str | None = None
    base_url: HttpsUrl
    max_rate: float | None = Field(default=None, gt=0)
    max_concurrency: int = Field(default=16, ge=1, le=256)
    timeout: float = Field(default=60.0, gt=0)
    page_url: PagePattern | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_set(cls, values: dict[str, object]) -> dict[str, object]:
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @classmethod
    def load(cls, connection: str, env_file: str | Path | None = ".env", secrets_dir: str | Path | None = None) -> Self:
        """Read the settings of one connection: environment first, then the env file, then the secrets directory.

        Secrets are masked from here on. Raises SettingsError with one sentence for everything that is missing or wrong.
        """
        check_env_file(env_file)
        directory = Path(secrets_dir or os.environ.get(SECRETS_DIR) or "")
        given = bool(secrets_dir or os.environ.get(SECRETS_DIR))
        try:
            settings = cls(
                _env_prefix=variable(connection, ""),
                _env_file=env_file,
                _secrets_dir=directory if given and directory.is_dir() else None,
            )
        except ValidationError as error:
            places = ["the environment"]
            if env_file:
                places.append(f"{env_file}{'' if Path(env_file).is_file() else ' (no such file)'}")
            if given:
                places.append(f"secrets directory {directory}{'' if directory.is_dir() else ' (no such directory)'}")
            else:
                places.append(f"no secrets directory: {SECRETS_DIR} is not set")
            looked = ", ".join(places)
            # no cause: it may quote a value
            raise SettingsError("\n".join(_sentence(connection, one, looked) for one in error.errors())) from None
        except UnreadableError:  # what the env file holds has been looked at before
            raise SettingsError(f"A file in the secrets directory {directory} cannot be read as UTF-8 text") from None
        for name in type(settings).model_fields:
            value = getattr(settings, name)
            if isinstance(value, SecretStr):
                hide(value.get_secret_value())
        return settings

    def limits(self, rate: float | None = None) -> Limits:
        """Return the limits for an Api. `rate` is the provider's default in requests per second, not used on this machine."""
        default = None if is_loopback(self.base_url) else rate
        return Limits(timeout=self.timeout, concurrency=self.max_concurrency, rate=self.max_rate or default)


def _sentence(connection: str, error: ErrorDetails, looked: str) -> str:
    # what is wrong with several settings together has no place of its own
    name = variable(connection, ".".join(str(part) for part in error["loc"])) if error["loc"] else connection
    if error["type"] == "missing":
        return f"{name} is not set (looked in {looked})"
    reason = error["msg"].removeprefix("Value error, ")
    return f"{name} is wrong: {reason[:1].lower()}{reason[1:]} (looked in {looked})"
