"""What the files in `deploy/` are checked against: settings that docferry and Prefect know, docferry's commands, image names."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from prefect.settings import Settings
from prefect.settings.legacy import _get_settings_fields
from prefect_redis.client import RedisMessagingSettings

from connectors.settings import ConnectionSettings
from flows.command_group import _MODULES
from flows.settings import Gateway

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROVIDERS = ("hypatos", "zefort")
"""Whose secrets the compose file mounts."""
COMMANDS = frozenset(_MODULES)
OTHERS = frozenset({"DOCFERRY_SECRETS_DIR", "HOME", "PATH", "DO_NOT_TRACK"})
PYTHON = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"})
WRITABLE = ("/tmp", "/var/lib/docferry")
"""Where docferry's image writes."""
_PINNED = re.compile(r"^[a-z0-9./-]+:\d[\w.-]*$")


@cache
def settings() -> frozenset[str]:
    """Return the names of all settings that somebody reads."""
    gateway = {f"DOCFERRY_{name}".upper() for name in Gateway.model_fields}
    connections = {
        f"{provider}_{name}".upper()
        for provider in PROVIDERS
        for kind in _kinds(provider)
        for name in kind.model_fields
    }
    prefect = {name for name in _get_settings_fields(Settings) if name.isupper()}
    redis = {f"PREFECT_REDIS_MESSAGING_{name}".upper() for name in RedisMessagingSettings.model_fields}
    return frozenset(gateway | connections | prefect | redis | OTHERS | PYTHON)


def _kinds(provider: str) -> list[type[ConnectionSettings]]:
    __import__(f"connectors.{provider}")
    return [kind for kind in ConnectionSettings.__subclasses__() if kind.__module__.split(".")[1] == provider]


def pinned(image: str) -> bool:
    """Tell whether an image has a tag that begins with a number, which `latest` does not."""
    return bool(_PINNED.match(image))


def is_command(words: list[str]) -> bool:
    """Tell whether the image's entrypoint takes these words: Prefect's or one of docferry's commands."""
    return words[0] == "prefect" or words[0] in COMMANDS | {"--help"}
