"""The routes there are, as the dropdown of a form. Read when the process starts: a new file shows after the next start."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from flows.routes import route_names
from flows.settings import load_gateway

if TYPE_CHECKING:

    class RouteChoice(StrEnum):
        """The routes there are; the members are only known when the process starts."""
else:
    RouteChoice = StrEnum("RouteChoice", {name: name for name in route_names(load_gateway().mappings)})
