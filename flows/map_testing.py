"""The tests of route files, run and accepted: from the settings to results, without printing anything."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flows.schemas import checker
from mappings.language import RouteError, load_route
from mappings.workbench.accepting import AcceptError, accepted
from mappings.workbench.coverage import measured
from mappings.workbench.junit import Report
from mappings.workbench.saving import ChangedError, save

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flows.settings import Gateway
    from mappings.language import Problem, Route
    from mappings.workbench.coverage import Coverage
    from mappings.workbench.testing import Trial


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of the tests of one route.

    `problems` say why its file cannot be used (then there is nothing else). `unchecked` says why payloads were not
    compared with the destination's schema, `accepted` names the tests whose expectations were written into the file,
    and `refused` says why they could not be.
    """

    name: str
    file: Path
    route: Route | None = None
    trials: tuple[Trial, ...] = ()
    coverage: Coverage | None = None
    problems: tuple[Problem, ...] = ()
    unchecked: str = ""
    accepted: tuple[str, ...] = ()
    refused: str = ""

    @property
    def failed(self) -> list[Trial]:
        """The tests that did not come out as expected."""
        return [trial for trial in self.trials if not trial.passed]

    @property
    def shown_file(self) -> str:
        """The file's name, from the working directory if it is below that."""
        return shown(self.file)


def shown(file: Path) -> str:
    """Return a file's name, from the working directory if it is below that."""
    near = os.path.relpath(file)
    return str(file) if near.startswith("..") else near


def try_route(gateway: Gateway, name: str) -> Tested:
    """Run the tests of one route; mistakes in its file, or that there is none, are in the result."""
    file = gateway.mappings / f"{name}.yaml"
    try:
        route = load_route(file)
    except RouteError as error:
        return Tested(name, file, problems=error.problems)
    check, unchecked = checker(gateway, route)
    trials, coverage = measured(route, check)
    return Tested(name, file, route, tuple(trials), coverage, unchecked=unchecked)


def accept(gateway: Gateway, result: Tested) -> Tested:
    """Write what comes out now into the file, as what the failing tests expect, and run them again."""
    names = tuple(trial.test.name for trial in result.failed if trial.outcome is not None)
    if result.route is None or not names:
        return result
    check, _ = checker(gateway, result.route)
    try:
        after = accepted(result.route, result.trials, check)
        save(result.file, result.route.draft.text, after)
    except (AcceptError, ChangedError) as error:
        return replace(result, refused=str(error))
    return replace(try_route(gateway, result.name), accepted=names)


def write_junit(file: Path, results: Sequence[Tested]) -> None:
    """Write results as JUnit XML. Raises OSError."""
    report = Report()
    for result in results:
        if result.problems:
            report.add_unreadable(result.name, result.shown_file, result.problems)
        else:
            report.add(result.name, result.shown_file, result.trials)
    file.write_bytes(report.xml())
