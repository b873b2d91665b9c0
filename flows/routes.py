"""From a route's name to its mapping and its two open connections."""

from __future__ import annotations

import difflib
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from connectors.errors import RejectedError
from connectors.schemas import with_learned
from connectors.settings import SettingsError
from flows.accounts import open_account
from flows.meant import hint
from flows.pairing import pair_of
from flows.targets import faults
from mappings.language import MappingError, Problem, Route, RouteError, Schema, load_route, read_draft
from mappings.language.model import LATER_WORDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from pathlib import Path

    import httpx

    from connectors.contract import Connection, Destination, Source
    from flows.pairing import Pair
    from flows.settings import Gateway
    from state.ledger import Ledger


T = TypeVar("T")


class UnknownRouteError(SettingsError):
    """There is no route of that name."""


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """A route with its connections open. `schema` is what its payloads must fit, with what was learned from the account.

    `pair` is the other route where this one is half of a pair.
    """

    route: Route
    source: Source
    destination: Destination
    schema: Schema
    source_connection: Connection
    destination_connection: Connection
    pair: Pair | None = None

    @property
    def source_stream(self) -> str:
        """The stream that is read, for the cursor."""
        return self.route.source

    @property
    def draining(self) -> frozenset[str]:
        """The outcomes whose feedback takes a document out of the source's work queue, as this route tells them."""
        keys = self.route.feedback_keys()
        return frozenset(word for word, action, _, _ in keys if action in self.source.drains)

    def requests(self) -> int:
        """How many HTTP requests have left so far."""
        return sum(connection.traffic.requests for connection in self._connections)

    def waited(self) -> float:
        """Seconds that requests have waited so far for a quota, or to be repeated, summed over requests."""
        return sum(connection.traffic.waited for connection in self._connections)

    def held(self) -> Mapping[str, float]:
        """Seconds of wall time so far during which requests have waited for a quota, by connection."""
        return {connection.name: connection.traffic.held for connection in self._connections}

    def pages(self) -> Mapping[str, str]:
        """Where a person looks at a document, by connection, where somebody has said so (`Connection.page_url`)."""
        return {one.name: one.page_url for one in self._connections if one.page_url}

    @property
    def _connections(self) -> Iterable[Connection]:
        return {id(item): item for item in (self.source_connection, self.destination_connection)}.values()


def route_names(folder: Path) -> list[str]:
    """Return the names of all routes in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def chosen_routes(gateway: Gateway, asked: Sequence[str]) -> list[str]:
    """Return the names of the routes that were asked for, all without a word.

    Raises SettingsError if the folder has none, UnknownRouteError for a name that it does not have.
    """
    names = route_names(gateway.mappings)
    if not names:
        raise SettingsError(no_routes(gateway.mappings))
    for name in asked:
        if name not in names:
            read_route(gateway, name)  # raises with what there is
    return list(dict.fromkeys(asked)) or names


def connections_of(gateway: Gateway) -> list[str]:
    """Return the connections that the routes of the folder name, whether or not those routes have mistakes."""
    drafts = [read_draft(gateway.mappings / f"{name}.yaml") for name in route_names(gateway.mappings)]
    ends = (end.partition(".")[0] for draft in drafts for end in (draft.source, draft.destination))
    return list(dict.fromkeys(filter(None, ends)))


def no_routes(folder: Path) -> str:
    """Say that a folder has no routes, and the next step."""
    for other in sorted(folder.glob("*.yml")):
        return f"{folder} has no routes (*.yaml); call {other.name} {other.stem}.yaml"
    return f"{folder} has no routes (*.yaml); set DOCFERRY_MAPPINGS to the folder that does"


def route_file(gateway: Gateway, name: str) -> Path:
    """Return where a route stands, without a look into it. Raises UnknownRouteError."""
    names = route_names(gateway.mappings)
    if name not in names:
        meant = hint(name, names, gateway.mappings)
        if names and (gateway.mappings / f"{name}.yml").exists():
            meant = f" Call {name}.yml {name}.yaml."
        there = f"{gateway.mappings} has {', '.join(names)}" if names else no_routes(gateway.mappings)
        raise UnknownRouteError(f"There is no route '{name}'.{meant} {there}.")
    return gateway.mappings / f"{name}.yaml"


def read_route(gateway: Gateway, name: str) -> Route:
    """Load one route. Raises UnknownRouteError or RouteError."""
    return load_route(route_file(gateway, name))


@asynccontextmanager
async def open_route(
    gateway: Gateway, name: str, ledger: Ledger | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[OpenRoute]:
    """Load a route, open its connections and close them afterwards.

    Raises UnknownRouteError, RouteError (the file) or SettingsError (a connection's settings). With a ledger and a key,
    settings may be in the vault, and access tokens outlive the run. `transport` replaces the network, for tests.
    """
    route = read_route(gateway, name)
    source_name, _, source_stream = route.source.partition(".")
    destination_name, _, destination_stream = route.destination.partition(".")
    opened: dict[str, Connection] = {}
    try:
        problems: list[str] = []
        for connection in dict.fromkeys((source_name, destination_name)):
            try:
                opened[connection] = await open_account(gateway, ledger, connection, transport=transport)
            except SettingsError as error:  # both connections' problems are told at once
                problems.append(str(error))
        if problems:
            raise SettingsError("\n".join(problems))
        source = stream_of(route, "source", source_stream, source_name, opened[source_name].sources)
        destination = stream_of(
            route, "destination", destination_stream, destination_name, opened[destination_name].destinations
        )
        schema = Schema(with_learned(destination.schema, destination_name, gateway.mappings))
        if wrong := faults(route, schema):
            raise RouteError(wrong)
        _check_feedback(route, source)
        _check_outcomes(route, destination)
        pair = pair_of(route, route_names(gateway.mappings), opened[destination_name].sources)
        yield OpenRoute(route, source, destination, schema, opened[source_name], opened[destination_name], pair)
    finally:
        for item in opened.values():
            await item.close()


def stream_of(route: Route, key: str, stream: str, connection: str, known: Mapping[str, T]) -> T:
    """Return a connection's stream. Raises RouteError at the line that names it, with what there is."""
    if stream not in known:
        near = difflib.get_close_matches(stream, known, n=1)
        meant = f" Did you mean '{near[0]}'?" if near else ""
        there = ", ".join(sorted(known)) or "none in this role"
        raise _problem(route, key, f"'{connection}' has no {key} stream '{stream}'.{meant} It has: {there}.")
    return known[stream]


def _check_feedback(route: Route, source: Source) -> None:
    """Refuse actions that the source does not know, and values it can never take, at the line where they stand."""
    problems = []
    for word, action, line, column in route.feedback_keys():
        if action not in source.feedback_actions:
            hint = _meant(action, source.feedback_actions)
            there = ", ".join(source.feedback_actions)
            problems.append(
                Problem(
                    route.path,
                    line,
                    column,
                    f"feedback.{word}: '{action}' is not an action of {route.source}{hint}; it knows {there}",
                )
            )
    if not problems:
        problems = [problem for word in route.feedback for problem in _impossible(route, source, word)]
    if problems:
        raise RouteError(tuple(problems))


def _check_outcomes(route: Route, destination: Destination) -> None:
    """Refuse feedback for outcomes that the destination never shows: it would never be given."""
    shown = ", ".join(destination.later)
    wrong = [
        Problem(
            route.path,
            rule.mark.line,
            rule.mark.column,
            f"feedback: '{word}' is nothing that {route.destination} shows of a document; it shows {shown}",
        )
        for word, rule in route.feedback.items()
        if word in LATER_WORDS and word not in destination.later
    ]
    if wrong:
        raise RouteError(tuple(wrong))


def _impossible(route: Route, source: Source, word: str) -> list[Problem]:
    """Try an entry with words in place of what is only known later; return what the source says to it."""
    sample = dict.fromkeys(("external_id", "reason", "document_id", "key", "route", "version"), "x")
    try:
        source.check_feedback(route.feedback_actions(word, dict(sample)))
    except RejectedError as error:
        places = {action: (line, column) for named, action, line, column in route.feedback_keys() if named == word}
        named = (action for action in places if re.search(rf"`{re.escape(action)}[`.\[]", str(error)))
        about = next(named, next(iter(places)))
        return [Problem(route.path, *places[about], f"feedback.{word}.{about}: {error}")]
    except MappingError as error:
        line, column = next((line, column) for named, _, line, column in route.feedback_keys() if named == word)
        return [Problem(route.path, line, column, str(error))]
    return []


def _meant(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _problem(route: Route, key: str, message: str) -> RouteError:
    line, column = route.position(key)
    return RouteError((Problem(route.path, line, column, f"{key}: {message}"),))
