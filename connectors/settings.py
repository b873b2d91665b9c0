"""Reads a connection's settings from everywhere they may be, and says where it looked when one is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Self, get_args

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.limits import Limits
from connectors.places import check_env_file, locate, places, written
from connectors.secrets import hide
from connectors.urls import SettingsError, checked_page, checked_path, checked_url, is_loopback

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails
    from pydantic_settings import PydanticBaseSettingsSource

    from connectors.places import Located, Place

__all__ = ["ConnectionSettings", "HttpsUrl", "SettingsError", "UrlPath", "check_env_file", "variable"]

UNREADABLE = "no key of DOCFERRY_KEYS opens it; put the key that did behind the first one, or set it again"
"""Why a place has a setting without a value, and the next step."""

HttpsUrl = Annotated[str, AfterValidator(checked_url)]
"""An address that credentials may be sent to: https, or http on this machine."""
UrlPath = Annotated[str, AfterValidator(checked_path)]
"""A path below it, from its root: it cannot name another server."""


PagePattern = Annotated[str, AfterValidator(checked_page)]
"""Where a person looks at a document of the account: an address with `{id}` in it."""


def variable(connection: str, setting: str) -> str:
    """Return the name under which a connection's setting is looked up: HYPATOS_US_BASE_URL."""
    return re.sub(r"\W", "_", f"{connection}_{setting}").upper()


def mentioned(connection: str, env_file: str | Path | None = ".env") -> bool:
    """Tell whether any setting of a connection is there at all, in the environment, the env file or the secrets directory.

    Raises SettingsError if the env file cannot be read.
    """
    return any(name.startswith(variable(connection, "")) for name in written(env_file))


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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- pydantic-settings calls it by these names
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given and nothing else: `load` reads the places itself, to know which one a value is from."""
        return (init_settings,)

    @classmethod
    def load(
        cls,
        connection: str,
        env_file: str | Path | None = ".env",
        secrets_dir: str | Path | None = None,
        further: Sequence[Place] = (),
    ) -> Self:
        """Read the settings of one connection: environment first, then env file, secrets directory and further places.

        Secrets are masked from here on. Raises SettingsError with one sentence for everything that is missing or wrong.
        """
        return cls.made_of(connection, places(cls, variable(connection, ""), env_file, secrets_dir, further))

    @classmethod
    def made_of(cls, connection: str, searched: Sequence[Place]) -> Self:
        """Make the settings of one connection of what these places have, the first one first. As `load` otherwise."""
        located = locate(cls.model_fields, searched)
        values = {one.setting: one.place.values[one.setting] for one in located}
        if closed := [one for one in located if values[one.setting] is None]:
            raise SettingsError(
                "\n".join(
                    f"{variable(connection, one.setting)} is in {one.place.name}, but cannot be read: {UNREADABLE}"
                    for one in closed
                )
            )
        texts: dict[str, Any] = {name: value.get_secret_value() for name, value in values.items() if value is not None}
        for name in cls.secrets() & texts.keys():
            hide(texts[name])
        if wrong := _astray(connection, located, texts, cls.secrets()):
            raise SettingsError(wrong)
        try:
            return cls(**texts)
        except ValidationError as error:
            looked = ", ".join(place.name for place in searched)
            # no cause: it may quote a value
            raise SettingsError("\n".join(_sentence(connection, one, looked) for one in error.errors())) from None

    @classmethod
    def complaint(cls, connection: str, setting: str, value: str) -> str:
        """Say what is wrong with the value of one setting, whatever the others are; nothing if it may be right."""
        hide(value if setting in cls.secrets() else "")
        alone: dict[str, Any] = {setting: value}
        try:
            cls(**alone)
        except ValidationError as error:
            own = [one for one in error.errors() if one["loc"] == (setting,) and one["type"] != "missing"]
            return "; ".join(_sentence(connection, one) for one in own)
        return ""

    @classmethod
    def secrets(cls) -> set[str]:
        """Name the settings that are secret."""
        return {
            name
            for name, field in cls.model_fields.items()
            if field.annotation is SecretStr or SecretStr in get_args(field.annotation)
        }

    def limits(self, rate: float | None = None) -> Limits:
        """Return the limits for an Api. `rate` is the provider's default in requests per second, not used on this machine."""
        default = None if is_loopback(self.base_url) else rate
        return Limits(timeout=self.timeout, concurrency=self.max_concurrency, rate=self.max_rate or default)


def _astray(connection: str, located: Sequence[Located], texts: Mapping[str, str], secret: Collection[str]) -> str:
    """Say that a place which is not guarded names the server that a guarded place's secret would be sent to; else nothing.

    A guarded address counts as a secret does: what is kept of a login belongs to the server that gave it.
    """
    address = next((one for one in located if not one.place.guarded and "://" in texts[one.setting]), None)
    guarded = next(
        (one for one in located if one.place.guarded and (one.setting in secret or "://" in texts[one.setting])), None
    )
    if address is None or guarded is None:
        return ""
    where, what = variable(connection, address.setting), variable(connection, guarded.setting)
    return (
        f"{where} is from {address.place.name}, but {what} from {guarded.place.name}: whoever can edit the first could have the "
        f"second sent anywhere. Set {where} in {guarded.place.name}, too, or {what} in {address.place.name}"
    )


def _sentence(connection: str, error: ErrorDetails, looked: str = "") -> str:
    # what is wrong with several settings together has no place of its own
    name = variable(connection, ".".join(str(part) for part in error["loc"])) if error["loc"] else connection
    if error["type"] == "missing":
        return f"{name} is not set (looked in {looked})"
    reason = error["msg"].removeprefix("Value error, ")
    where = f" (looked in {looked})" if looked else ""
    return f"{name} is wrong: {reason[:1].lower()}{reason[1:]}{where}"
