"""The gateway's own settings, from the environment or `.env`: where the state and the routes are, and how patient it is."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

import mappings
from connectors.settings import SettingsError, check_env_file
from flows.policy import IN_FLIGHT, Policy, telling
from mappings.language.alarms import duration, percentage
from state.snapshots import Retention

_ENV_FILE = ".env"


class Gateway(BaseSettings):
    """`DOCFERRY_*` settings. Times are in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="DOCFERRY_",
        env_file=_ENV_FILE,
        env_file_encoding="utf-8-sig",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        allow_inf_nan=False,
    )

    state_url: str = Field("sqlite:///.docferry/state.db", description="The state database (SQLAlchemy URL).")
    keys: SecretStr = Field(
        SecretStr(""), description="Encryption keys, comma separated; the first encrypts, all decrypt."
    )
    mappings: Path = Field(
        Path(mappings.__file__).parent, description="The folder with the routes (*.yaml) and their tables."
    )
    in_flight: int = Field(
        IN_FLIGHT,
        ge=1,
        le=256,
        description="Documents delivered at the same time. How many calls may be out is another setting, of each connection.",
    )
    patience: float = Field(
        150.0, ge=0, le=86_400, description="How long an otherwise idle run waits for documents to become due."
    )
    lease: float = Field(
        60.0,
        ge=1,
        le=86_400,
        description="How long a run that stopped answering without dying keeps its route, or its share of the work.",
    )
    snapshots: str = Field(
        "1000",
        description="How many documents of each route stay recorded as they were judged (1000), or for how long (30d), "
        "or both (1000, 30d); those of rejected documents do not count. 0 for none.",
    )

    fresh_within: str = Field(
        "26h", description="How long a route may be without a run that ends complete (30m, 2h, 7d), or never."
    )
    reject_rate: str = Field("50%", description="How much of what a route judges within a day may be rejected or fail.")
    owed_for: str = Field("6h", description="How long a source may be owed a message, or never.")
    quota_held: str = Field("80%", description="How much of a day the requests of a route may wait for a quota.")
    alarm_urls: SecretStr = Field(
        SecretStr(""),
        description="Who is told of alarms: Apprise addresses (json://, mailto://, slack://), comma separated.",
    )
    alarm_repeat: str = Field("24h", description="How often an alarm that lasts is told again, or never.")

    @field_validator("fresh_within", "owed_for", "alarm_repeat")
    @classmethod
    def _is_a_duration(cls, text: str) -> str:
        duration(text)
        return text

    @field_validator("reject_rate", "quota_held")
    @classmethod
    def _is_a_percentage(cls, text: str) -> str:
        percentage(text)
        return text

    @field_validator("snapshots")
    @classmethod
    def _is_a_retention(cls, text: str) -> str:
        retention(text)
        return text

    @property
    def retention(self) -> Retention:
        """Which documents stay recorded."""
        return retention(self.snapshots)

    @property
    def policy(self) -> Policy:
        """How patient a run is, as set."""
        return Policy(
            in_flight=self.in_flight,
            acknowledging=telling(self.in_flight),
            patience=self.patience,
            lease=self.lease,
        )


def retention(text: str) -> Retention:
    """Read how many snapshots are kept, and for how long. Raises ValueError with a sentence."""
    newest: int | None = None
    days: int | None = None
    for part in text.split(","):
        number, unit = part.strip().removesuffix("d"), part.strip().endswith("d")
        if not number.isascii() or not number.isdigit() or (days if unit else newest) is not None:
            raise ValueError("write a number of documents (1000), of days (30d), both (1000, 30d), or 0 for none")
        newest, days = (newest, int(number)) if unit else (int(number), days)
    return Retention(newest, days)


def load_gateway() -> Gateway:
    """Read the settings. Raises SettingsError with one sentence per bad value."""
    check_env_file(_ENV_FILE)
    try:
        return Gateway()
    except ValidationError as error:
        problems = [
            f"DOCFERRY_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg'].lower().removeprefix('value error, ')}"
            for item in error.errors()
        ]
        raise SettingsError("; ".join(problems) + ". Correct it in the environment or in .env.") from None
