"""What can become of a document at its destination after it was delivered. Nothing here needs credentials or the network."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, cast

from connectors.registry import provider_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANY = "*"
"""Stands for every stream, where the operator names them."""


def later_outcomes(endpoint: str, env_file: str | Path | None = ".env") -> Mapping[str, str]:
    """Return the later outcomes that `connection.stream` can show, with what each means there; none if it has no such stream.

    Raises SettingsError if there is no such provider.
    """
    connection, _, stream = endpoint.partition(".")
    name = f"{provider_of(connection, env_file).__name__}.later"
    if not importlib.util.find_spec(name):
        return {}
    streams = cast("Mapping[str, Mapping[str, str]]", importlib.import_module(name).LATER)
    return streams.get(stream, streams.get(ANY, {}))
