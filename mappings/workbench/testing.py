"""Runs the tests of a route: makes each one's document, maps it, and compares what came of it with what was expected."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.paths import path_to, read_path
from mappings.language.problems import near
from mappings.workbench.comparing import differences, leaves, shown, written
from mappings.workbench.documents import DocumentError, document_of
from mappings.workbench.outcome import outcome, pattern_of, rule_line, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mappings.language.model import Test
    from mappings.language.problems import FieldProblem
    from mappings.language.route import Route
    from mappings.workbench.documents import Document
    from mappings.workbench.outcome import Check, Outcome


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that is not met, or one thing that nobody expected.

    `line` is where it stands in the route file, `rule` the line of the rule behind what came, None where there is none.
    `target` is the field it is about, empty for the document as a whole. `expected` and `got` are MISSING where the
    message says everything.
    """

    line: int
    target: str
    message: str
    rule: int | None = None
    expected: object = MISSING
    got: object = MISSING

    def __str__(self) -> str:
        about = f"{self.target}: " if self.target else ""
        rule = f" (rule on line {self.rule})" if self.rule else ""
        return f"{about}{self.message}{rule}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One test and what came of it. `outcome` and `document` are None if its document could not be made."""

    test: Test
    document: Document | None
    outcome: Outcome | None
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Say whether everything was as expected."""
        return not self.failures


def run_tests(route: Route, check: Check | None = None) -> list[Trial]:
    """Run all tests of a route. `check` says what the destination can never accept, as (target path, sentence)."""
    return [_run(route, test, check) for test in route.draft.tests]


def _run(route: Route, test: Test, check: Check | None) -> Trial:
    began = time.perf_counter()
    try:
        document = document_of(test, route.path)
    except DocumentError as error:
        line = test.marks.get(error.key, test.mark).line
        failure = Failure(line, "", f"{error.key}: {error}")
        return Trial(test, None, None, (failure,), time.perf_counter() - began)
    came = outcome(route, document, check)
    failures = tuple(_Judge(route, test, came).failures())
    return Trial(test, document, came, failures, time.perf_counter() - began)


class _Judge:
    """Compares what a test expects with what came."""

    def __init__(self, route: Route, test: Test, came: Outcome) -> None:
        self._route = route
        self._test = test
        self._came = came

    def failures(self) -> Iterator[Failure]:
        test, came = self._test, self._came
        if not (test.expect or test.expect_missing or test.expect_error or test.expect_review or test.expect_skipped):
            message = "it expects nothing, so it can never fail; add expect:, or let docferry map test --accept add it"
            yield Failure(test.mark.line, "", message)
        elif came.skipped is not None:
            if not test.expect_skipped:
                yield Failure(test.mark.line, "", f"the document is skipped: {came.skipped}", self._when())
        elif test.expect_skipped:
            what = "rejected" if came.problems else "mapped"
            yield Failure(self._line("expect_skipped"), "", f"expected to be skipped, but it is {what}", self._when())
        elif test.expect_error:
            yield from self._told("expect_error", test.expect_error, came.problems)
        elif came.problems:
            for problem in came.problems:
                yield Failure(test.mark.line, problem.target, f"rejected: {problem.message}", problem.line)
        else:
            yield from self._payload(came.mapped.payload)
            yield from self._told("expect_review", test.expect_review, came.mapped.reviews)

    def _payload(self, payload: dict[str, object]) -> Iterator[Failure]:
        for path, value in self._test.expect.items():
            keys = read_path(path)
            line = self._line(f"expect.{path}")
            for found in differences(value, path_to(keys).get(payload), keys):
                message = f"expected {shown(found.expected)}, got {shown(found.got)}{self._hint(found.got, path)}"
                yield self._failure(line, found.target, message, found.expected, found.got)
        for path in self._test.expect_missing:
            got = path_to(read_path(path)).get(payload)
            if got is not MISSING:
                yield self._failure(
                    self._line("expect_missing"), path, f"expected nothing, got {shown(got)}", MISSING, got
                )

    def _told(self, key: str, expected: Mapping[str, str], told: Sequence[FieldProblem]) -> Iterator[Failure]:
        what = "a problem" if key == "expect_error" else "a review"
        for target, part in expected.items():
            here = [each for each in told if each.target == target]
            if any(part in each.message for each in here):
                continue
            line = self._line(key)
            if here:
                message = f"expected {what} that says '{part}', got: {'; '.join(each.message for each in here)}"
                yield Failure(line, target, message, here[0].line)
            else:
                others = "; ".join(str(each) for each in told) or "none"
                yield Failure(line, target, f"expected {what} here, got {others}", self._rule(target))

    def _failure(self, line: int, target: str, message: str, expected: object, got: object) -> Failure:
        return Failure(line, target, message, self._rule(target), expected, got)

    def _hint(self, got: object, path: str) -> str:
        """Return what was probably meant by a target that no rule makes."""
        pattern, targets = pattern_of(path), [rule.target for rule in self._route.rules]
        if got is not MISSING or any(within(pattern, one) or within(one, pattern) for one in targets):
            return ""
        meant = near(path, [written(keys) for keys, _ in leaves(self._came.mapped.payload)])
        return f" (did you mean '{meant}'?)" if meant else ""

    def _line(self, key: str) -> int:
        return self._test.marks.get(key, self._test.mark).line

    def _rule(self, target: str) -> int | None:
        return rule_line(self._route, self._came.origins, target)

    def _when(self) -> int | None:
        when = self._route.draft.when
        return when.mark.line if when else None
