"""The places that settings of a connection are looked for in, the first one first, and what each of them has."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values
from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource, SecretsSettingsSource
from pydantic_settings import SettingsError as UnreadableError

from connectors.urls import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

SECRETS_DIR = "DOCFERRY_SECRETS_DIR"
"""Names a directory with one file per setting, as container platforms mount them."""
ENVIRONMENT = "the environment"


@dataclass(frozen=True, slots=True)
class Place:
    """One place and what it has for one connection: values by setting (`client_id`), None for one that cannot be read.

    `name` is how people are told of it, with whatever there is to say about a place that has nothing. Whoever can write
    to a place that is not `guarded` need not be trusted with the secrets of the others.
    """

    name: str
    values: Mapping[str, SecretStr | None]
    guarded: bool = True


@dataclass(frozen=True, slots=True)
class Located:
    """One setting that is there: where its value comes from, and where else there is one that does not count."""

    setting: str
    place: Place
    hidden: tuple[Place, ...] = ()


def places(
    settings: type[BaseSettings],
    prefix: str,
    env_file: str | Path | None = ".env",
    secrets_dir: str | Path | None = None,
    further: Sequence[Place] = (),
) -> list[Place]:
    """Look into the environment, the env file and the secrets directory, and put further places behind them.

    Only names that `settings` knows are looked for. A value of blanks is none. Raises SettingsError for a file that cannot
    be read, and never shows a value.
    """
    check_env_file(env_file)
    found = [Place(ENVIRONMENT, _values(settings, EnvSettingsSource(settings, env_prefix=prefix)))]
    if env_file:
        source = DotEnvSettingsSource(settings, env_file=env_file, env_prefix=prefix)
        absent = "" if Path(env_file).is_file() else " (no such file)"
        found.append(Place(f"{env_file}{absent}", _values(settings, source)))
    given = secrets_dir or os.environ.get(SECRETS_DIR)
    directory = Path(given or "")
    if not given:
        found.append(Place(f"no secrets directory: {SECRETS_DIR} is not set", {}))
    elif not directory.is_dir():
        found.append(Place(f"secrets directory {directory} (no such directory)", {}))
    else:
        secrets = SecretsSettingsSource(settings, secrets_dir=directory, env_prefix=prefix)
        try:
            found.append(Place(f"secrets directory {directory}", _values(settings, secrets)))
        except UnreadableError:
            raise SettingsError(f"A file in the secrets directory {directory} cannot be read as UTF-8 text") from None
    return [*found, *further]


def locate(names: Iterable[str], searched: Sequence[Place]) -> list[Located]:
    """Say for each of these settings that is anywhere which place it counts from, in the order of the names."""
    having = {name: [place for place in searched if name in place.values] for name in names}
    return [Located(name, there[0], tuple(there[1:])) for name, there in having.items() if there]


def written(env_file: str | Path | None = ".env") -> dict[str, str]:
    """Return every name that is set in the environment, the env file or the secrets directory, and in which of them.

    Names are in capitals; the first place counts. Raises SettingsError if the env file cannot be read.
    """
    check_env_file(env_file)
    names = [(name, ENVIRONMENT) for name, value in os.environ.items() if value.strip()]
    if env_file and Path(env_file).is_file():
        names += [(name, str(env_file)) for name in dotenv_values(env_file, encoding="utf-8-sig")]
    directory = os.environ.get(SECRETS_DIR)
    if directory and Path(directory).is_dir():
        names += [(file.name, f"secrets directory {directory}") for file in Path(directory).iterdir()]
    return {name.upper(): place for name, place in reversed(names)}


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


def _values(settings: type[BaseSettings], source: PydanticBaseSettingsSource) -> dict[str, SecretStr | None]:
    found = source()
    texts = {name: str(found[name]).strip() for name in settings.model_fields if name in found}
    return {name: SecretStr(text) for name, text in texts.items() if text}
