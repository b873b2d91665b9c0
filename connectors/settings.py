"""Reads a connection's settings from everywhere they may be, and says where it looked when one is missing."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.limits import Limits
from connectors.secrets import hide
from connectors.urls import SettingsError, checked_url, is_loopback

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["ConnectionSettings", "HttpsUrl", "SettingsError", "variable"]

SECRETS_DIR = "DOCFERRY_SECRETS_DIR"
"""Names a directory with one file per setting, as container platforms mount them."""

HttpsUrl = Annotated[str, AfterValidator(checked_url)]
"""An address that credentials may be sent to: https, or http on this machine."""


def variable(connection: str, setting: str) -> str:
    """Return the name under which a connection's setting is looked up: HYPATOS_US_BASE_URL."""
    return re.sub(r"\W", "_", f"{connection}_{setting}").upper()


class ConnectionSettings(BaseSettings):
    """What every connection can be told. Providers add their own fields, and a default for `base_url`.

    `max_rate` is requests per second (unset: the provider's default, and no limit on this machine),
    `max_concurrency` calls at a time, `timeout` the longest silence in seconds.
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    provider: str | None = None
    base_url: HttpsUrl
    max_rate: float | None = Field(default=None, gt=0)
    max_concurrency: int = Field(default=16, ge=1, le=256)
    timeout: float = Field(default=60.0, gt=0)

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
    name = variable(connection, ".".join(str(part) for part in error["loc"]))
    if error["type"] == "missing":
        return f"{name} is not set (looked in {looked})"
    reason = error["msg"].removeprefix("Value error, ")
    return f"{name} is wrong: {reason[:1].lower()}{reason[1:]} (looked in {looked})"
