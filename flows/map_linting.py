"""Routes to be checked, found by name, file, folder or table, and what is known of both of their ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.feedback import feedback_schema
from connectors.later import later_outcomes
from connectors.schemas import destination_schema, source_schema
from connectors.settings import SettingsError
from flows.routes import no_routes, route_file, route_names
from flows.schemas import checker
from mappings.language import RouteError, load_route
from mappings.language.draft import read_draft
from mappings.workbench.coverage import measured
from mappings.workbench.documents import DocumentError, read_document
from mappings.workbench.lint import Known, lint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flows.settings import Gateway
    from mappings.language.draft import Draft
    from mappings.workbench.coverage import Gap
    from mappings.workbench.lint import Finding


@dataclass(frozen=True, slots=True)
class Linted:
    """A file that was checked, and what was found in it and in its tables."""

    path: Path
    findings: tuple[Finding, ...]


def lint_files(
    gateway: Gateway, files: Iterable[Path], samples: Sequence[object], *, unmapped: bool = True
) -> list[Linted]:
    """Check route files. Nothing is asked of a provider; what an installation does not know is a finding, too."""
    done = []
    for path in files:
        draft = read_draft(path)
        known = _known(gateway, draft, samples)
        done.append(Linted(path, tuple(lint(draft, known, unmapped=unmapped))))
    return done


def route_files(gateway: Gateway, asked: Sequence[str]) -> list[Path]:
    """Return the route files that are meant: names of routes, files, folders, and tables, which mean all that use them.

    Without a word these are all routes. Raises SettingsError where there is nothing of the kind.
    """
    if not asked:
        names = route_names(gateway.mappings)
        if not names:
            raise SettingsError(no_routes(gateway.mappings))
        return [gateway.mappings / f"{name}.yaml" for name in names]
    return list(dict.fromkeys(path for word in asked for path in _meant(gateway, word)))


def read_samples(files: Iterable[Path]) -> list[object]:
    """Read sample documents. Raises SettingsError."""
    samples: list[object] = []
    for file in files:
        try:
            samples.append(read_document(file.read_text(encoding="utf-8-sig"), str(file)))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise SettingsError(f"the sample {file} cannot be read ({reason})") from None
        except DocumentError as error:
            raise SettingsError(str(error)) from None
    return samples


def _meant(gateway: Gateway, word: str) -> list[Path]:
    path = Path(word)
    if path.is_dir():
        found = sorted(path.glob("*.yaml"))
        if not found:
            raise SettingsError(f"the folder {word} has no routes (*.yaml)")
        return found
    if path.suffix == ".csv" and path.is_file():
        return _using(path)
    if path.suffix in {".yaml", ".yml"} or path.is_file():
        if not path.is_file():
            raise SettingsError(
                f"there is no file {word}; a route of {gateway.mappings} goes by its name, without .yaml"
            )
        return [path]
    return [route_file(gateway, word)]


def _using(table: Path) -> list[Path]:
    """Return the routes beside or above a table that look into it; it may be nobody's."""
    whole = table.resolve()
    routes = (route for folder in whole.parents[:3] for route in sorted(folder.glob("*.yaml")))
    return [route for route in routes if whole in _tables(route)]


def _tables(route: Path) -> set[Path]:
    """Return the csv files of a route; one that cannot be read shows in its mistakes only."""
    draft = read_draft(route)
    used = {each.path(route).resolve() for each in draft.tables.values() if each.file}
    return used | {problem.path.resolve() for problem in draft.problems}


def _known(gateway: Gateway, draft: Draft, samples: Sequence[object]) -> Known:
    folder = draft.path.parent
    faults: dict[str, str] = {}

    def schema(key: str, endpoint: str, read: Callable[[str, Path], dict[str, Any]]) -> dict[str, Any] | None:
        if "." not in endpoint:  # told when the route was read
            return None
        try:
            return read(endpoint, folder)
        except SettingsError as error:
            faults[key] = str(error)
            return None

    source = schema("source", draft.source, source_schema)
    destination = schema("destination", draft.destination, destination_schema)
    feedback = None if source is None else feedback_schema(draft.source)
    later = None if destination is None else later_outcomes(draft.destination)
    return Known(source, destination, feedback, faults, samples, _gaps(gateway, draft), later)


def _gaps(gateway: Gateway, draft: Draft) -> Sequence[Gap] | None:
    if draft.problems:
        return None
    try:
        route = load_route(draft.path)
    except RouteError:  # it has changed since
        return None
    trials, coverage = measured(route, checker(gateway, route)[0])
    # a document that is rejected reaches nothing, and docferry map test says why
    return coverage.gaps if all(trial.passed for trial in trials) else None
