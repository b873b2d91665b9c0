"""Reads `prefect.yaml`: which deployments there are, when each runs and with what. Knows no Prefect."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta  # noqa: TC003 -- pydantic reads the annotations
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.settings import SettingsError
from flows.route_accounts import connections_of, unset
from flows.routes import UnknownRouteError, read_route, route_names
from mappings.language import RouteError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

    from flows.settings import Gateway
    from state.ledger import Ledger

FILE = "prefect.yaml"
SHIPPED = Path(__file__).with_name(FILE)
"""The deployments of all shipped routes, and of the maintenance."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class When(_Part):
    """One schedule. `interval` in seconds or as `H:MM:SS`, counted from `anchor_date`; `timezone` an IANA name."""

    cron: str | None = None
    interval: timedelta | None = None
    rrule: str | None = None
    anchor_date: datetime | None = None
    timezone: str | None = None
    day_or: bool = True
    active: bool = True
    slug: str | None = None
    parameters: dict[str, object] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.cron, self.interval, self.rrule)) != 1:
            raise ValueError("write exactly one of cron, interval and rrule")
        return self


class AtOnce(_Part):
    """How many runs of a deployment may be active, and what becomes of one more."""

    limit: int = Field(ge=1)
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"
    grace_period_seconds: int | None = None


class Deployment(_Part):
    """One deployment as the file has it. What only a worker needs (`work_pool`, `pull`) is known and not looked into."""

    name: str
    entrypoint: str
    description: str | None = None
    tags: tuple[str, ...] = ()
    parameters: dict[str, object] = Field(default_factory=dict)
    schedules: tuple[When, ...] = ()
    concurrency_limit: AtOnce | int | None = None
    version: str | None = None
    enforce_parameter_schema: bool = True
    work_pool: object = None
    pull: object = None

    @property
    def route(self) -> str | None:
        """The route that it runs, None if it is about no single one."""
        route = self.parameters.get("route")
        return route if isinstance(route, str) else None


def prefect_file(folder: Path) -> Path:
    """Return the file that holds for a working folder: its own, or else the shipped one."""
    own = folder / FILE
    return own if own.is_file() else SHIPPED


def read_deployments(path: Path) -> list[Deployment]:
    """Read a file. Raises SettingsError with the place and one sentence for everything that is wrong in it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); let this user read it") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        said = getattr(error, "problem", None) or "not UTF-8 text"
        raise SettingsError(f"{path}{place}: this is no YAML ({said})") from None
    entries = content.get("deployments") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise SettingsError(f"{path} has no deployments; write a list under `deployments:`, or call docferry init")
    found, problems = [], []
    for number, entry in enumerate(entries, start=1):
        name = entry.get("name", f"no. {number}") if isinstance(entry, dict) else f"no. {number}"
        try:
            found.append(Deployment.model_validate(entry))
        except ValidationError as error:
            problems += [f"{path}: deployment {name}: {_sentence(one)}" for one in error.errors()]
    twice = {one.name for one in found if sum(one.name == other.name for other in found) > 1}
    problems += [f"{path}: there are two deployments {name}; a name is for one only" for name in sorted(twice)]
    if problems:
        raise SettingsError("\n".join(problems))
    return found


def _sentence(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"docferry up does not know {place}"
    said = error["msg"].removeprefix("Value error, ")
    return f"{place}: {said[:1].lower()}{said[1:]}" if place else said


def without_route(gateway: Gateway, deployments: Iterable[Deployment]) -> dict[str, str]:
    """Say of each deployment, by name, that its route is not there."""
    there = route_names(gateway.mappings)
    return {
        each.name: f"there is no route {each.route} in {gateway.mappings}"
        for each in deployments
        if each.route is not None and each.route not in there
    }


async def without_accounts(gateway: Gateway, ledger: Ledger, deployments: Iterable[Deployment]) -> dict[str, str]:
    """Say of each deployment, by name, which accounts of its route are not set, so that its runs would only fail."""
    reasons = {}
    for each in deployments:
        # A mistake in the route's file is told by its runs, with the line.
        with contextlib.suppress(UnknownRouteError, RouteError):
            if each.route is None:
                continue
            if absent := await unset(ledger, connections_of(read_route(gateway, each.route))):
                reasons[each.name] = f"nothing is set for {' and '.join(absent)}"
    return reasons
