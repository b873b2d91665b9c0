"""Where each setting of an account comes from, and names that look like settings and are none. Values are never shown."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.places import locate, places, written
from connectors.registry import provider_of
from connectors.settings import SettingsError, variable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.places import Place
    from connectors.settings import ConnectionSettings

DEFAULT = "default"
_NEAR = 0.75
"""How alike a name must be to a setting's to be taken for it misspelt, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting: its name (`HYPATOS_CLIENT_ID`), the place its value is from, and those whose value does not count."""

    name: str
    place: str
    hides: tuple[str, ...] = ()


def settings_of(connection: str) -> type[ConnectionSettings]:
    """Return the settings of a connection's provider. Raises SettingsError if there is no such provider."""
    found: type[ConnectionSettings] = provider_of(connection).Settings
    return found


def setting_of(connection: str, text: str) -> str:
    """Return a setting's short name (`client_secret`) for it or for its whole name.

    Raises SettingsError for one that the provider does not have, and for the provider itself, which is looked up where no
    ledger is open.
    """
    known = settings_of(connection).model_fields
    short = text.lower().removeprefix(variable(connection, "").lower())
    if short == "provider":
        raise SettingsError(
            f"set {variable(connection, short)} in the environment or in .env: it is no secret, and also needed without the vault"
        )
    if short not in known:
        near = difflib.get_close_matches(short, known, n=1)
        hint = (
            f"did you mean {near[0]}?" if near else f"it has {', '.join(name for name in known if name != 'provider')}"
        )
        raise SettingsError(f"{connection} has no setting {text}; {hint}")
    return short


def origins(connection: str, further: Sequence[Place]) -> list[Origin]:
    """Say of every setting of a connection where it is from, of those that are nowhere that they have their default.

    A setting that is nowhere and has no default is left out. Raises SettingsError as opening the connection does.
    """
    settings = settings_of(connection)
    searched = places(settings, variable(connection, ""), further=further)
    located = locate(settings.model_fields, searched)
    found = [
        Origin(variable(connection, one.setting), one.place.name, tuple(each.name for each in one.hidden))
        for one in located
    ]
    there = {one.setting for one in located}
    defaults = [name for name, field in settings.model_fields.items() if name not in there and not field.is_required()]
    return found + [Origin(variable(connection, name), DEFAULT) for name in defaults]


def unknown(connections: Collection[str], further: Sequence[Place], of: str) -> list[str]:
    """Say of every name that begins as the settings of connection `of` do, and is none, what it may have been meant to be.

    `connections` are all that are in use: a name may be a setting of one whose name is longer.
    """
    settings = settings_of(of)
    prefix = variable(of, "")
    names = written()
    others = {variable(one, "") for one in connections}
    others |= {name.removesuffix("PROVIDER") for name in names if name.endswith("_PROVIDER")}
    longer = tuple(other for other in others if other != prefix and other.startswith(prefix))
    known = [variable(of, name) for name in settings.model_fields]
    names |= {variable(of, name): place.name for place in further for name in place.values}
    strange = [
        name for name in sorted(names) if name.startswith(prefix) and name not in known and not name.startswith(longer)
    ]
    return [f"{name} ({names[name]}) is no setting of {of}{_meant(name, known)}" for name in strange]


def _meant(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=_NEAR)
    return f"; did you mean {near[0]}?" if near else ""
