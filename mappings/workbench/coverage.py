"""Which rules the tests of a route reach: a rule counts once a test makes its value and expects something of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mappings.language.model import From, Template, Value
from mappings.language.paths import read_path
from mappings.language.values import step
from mappings.workbench.rules import in_order
from mappings.workbench.testing import run_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mappings.language.model import Written
    from mappings.language.problems import Mark
    from mappings.language.route import Route
    from mappings.workbench.comparing import Keys
    from mappings.workbench.outcome import Check
    from mappings.workbench.testing import Trial


@dataclass(frozen=True, slots=True)
class Gap:
    """Something about a rule that no test shows. `target` is empty for the route's own `when`."""

    line: int
    column: int
    target: str
    message: str

    def __str__(self) -> str:
        return f"{self.target}: {self.message}" if self.target else self.message


@dataclass(frozen=True, slots=True)
class Coverage:
    """What tests show of a route: `covered` of `points`, each a rule's value or a condition that is not true.

    `rows` has for every table how many of its rows were used, and how many there are.
    """

    covered: int
    points: int
    gaps: tuple[Gap, ...]
    rows: dict[str, tuple[int, int]]

    @property
    def percent(self) -> int:
        """The share that is covered, rounded down: 100 means all of it."""
        return 100 * self.covered // self.points if self.points else 100


def measured(route: Route, check: Check | None = None) -> tuple[list[Trial], Coverage]:
    """Run the tests of a route and measure what they reach. `check` is as in run_tests()."""
    seen = _Seen()
    trials = run_tests(route.observed(seen.answer), check)
    for trial in trials:
        seen.add(trial)
    points = list(_points(route, seen))
    gaps = tuple(gap for gap in points if gap is not None)
    rows = {name: (len(seen.rows[name]), len(table.rows)) for name, table in route.draft.tables.items()}
    return trials, Coverage(len(points) - len(gaps), len(points), gaps, rows)


@dataclass(slots=True)
class _Seen:
    """What the tests have shown so far; rules and conditions are known by their places."""

    made: set[tuple[int, int]] = field(default_factory=set)
    expected: set[tuple[int, int]] = field(default_factory=set)
    answers: dict[Mark, set[bool]] = field(default_factory=lambda: defaultdict(set))
    rows: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def answer(self, when: Written, true: bool) -> None:
        """Note an answer of a condition."""
        self.answers[when.mark].add(true)

    def add(self, trial: Trial) -> None:
        """Note which rules made the payload of a test, and which of their values it expects."""
        if trial.outcome is None or trial.outcome.payload is None:
            return
        paths = [_from_start(read_path(path), trial.outcome.payload) for path in trial.test.expect]
        for origin in trial.outcome.origins:
            self.made.add((origin.line, origin.column))
            if _meets(read_path(origin.target), paths):
                self.expected.add((origin.line, origin.column))
            for row in origin.rows:
                self.rows[row.table].add(row.key)


def _points(route: Route, seen: _Seen) -> Iterator[Gap | None]:
    """Yield one entry for everything that tests can show of a route: None if they do, else what is missing."""
    when = route.draft.when
    if when is not None:
        yield _condition(when, "", seen)
    for rule in in_order(route.draft.fields):
        place = rule.mark.line, rule.mark.column
        if isinstance(rule.source, From | Template | Value):
            if place in seen.expected:
                yield None
            elif place in seen.made:
                yield Gap(*place, rule.target, "its value is made in tests, but none expects it")
            else:
                yield Gap(*place, rule.target, "no test makes a value with this rule")
        if rule.when is not None:
            yield _condition(rule.when, rule.target, seen)


def _condition(when: Written, target: str, seen: _Seen) -> Gap | None:
    if False in seen.answers[when.mark]:
        return None
    return Gap(when.mark.line, when.mark.column, target, f"there is no test in which this is not true: {when.text}")


def _from_start(keys: Keys, payload: object) -> Keys:
    """Return a path with its positions counted from the start, as origins have them."""
    place, counted = payload, []
    for key in keys:
        number = key + len(place) if isinstance(key, int) and key < 0 and isinstance(place, list) else key
        counted.append(number)
        place = step(place, number)
    return tuple(counted)


def _meets(keys: Keys, paths: Sequence[Keys]) -> bool:
    """Say whether a path is one of these, lies inside one of them, or holds one of them."""
    return any(all(a == b for a, b in zip(keys, path, strict=False)) for path in paths)
