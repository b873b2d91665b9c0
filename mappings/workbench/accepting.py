"""Writes what tests expect into the text of a route file, from what comes out now. Everything else stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.paths import path_to, read_path
from mappings.language.problems import RouteError
from mappings.language.route import load_route
from mappings.workbench.comparing import equal, written
from mappings.workbench.edits import EditError, append, remove, set_value, value_at
from mappings.workbench.testing import run_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mappings.language.model import Test
    from mappings.language.problems import FieldProblem
    from mappings.language.route import Route
    from mappings.workbench.comparing import Keys
    from mappings.workbench.outcome import Check, Outcome
    from mappings.workbench.testing import Trial

_SORRY = "the expectations cannot be written into this file as it is written; write them by hand"
_NAME = re.compile(r"[^.\[\]{}\s](?:[^.\[\]{}]*[^.\[\]{}\s])?")
"""A name that can stand in a path."""
_EXPECTATIONS = ("expect", "expect_missing", "expect_error", "expect_review", "expect_skipped")


class AcceptError(ValueError):
    """What came out cannot be written into the file as it is written; the message says what to do instead."""


def accepted(route: Route, trials: Sequence[Trial], check: Check | None = None) -> str:
    """Return the text of a route file in which the tests that fail expect what came out.

    Tests that pass, and tests whose document could not be made, stay as they are. The new text is read and its tests
    are run again before it is returned. Raises AcceptError.
    """
    before = after = route.draft.text
    try:
        for number, trial in enumerate(trials):
            if trial.outcome is not None and not trial.passed:
                after = _Test(after, number, trial.test).accept(trial.outcome)
        again = run_tests(load_route(route.path, after), check)
        whole = repr(_without_expectations(after)) == repr(_without_expectations(before))
    except (EditError, RouteError, ValueError) as error:
        raise AcceptError(f"{route.path}: {_SORRY} ({error})") from None
    wrong = [one for one, was in zip(again, trials, strict=True) if was.outcome is not None and not one.passed]
    if wrong or not whole:
        about = f"test '{wrong[0].test.name}' would not pass" if wrong else "more than the expectations would change"
        raise AcceptError(f"{route.path}: {_SORRY} ({about})")
    return after


class _Test:
    """One test in the text; each step edits the text and goes on from there."""

    def __init__(self, text: str, number: int, test: Test) -> None:
        self._text = text
        self._keys: Keys = ("tests", number)
        self._test = test

    def accept(self, came: Outcome) -> str:
        """Return the text in which the test expects what came."""
        if came.skipped is not None:
            self._only("expect_skipped")
            self._set(("expect_skipped",), True)
        elif came.problems:
            self._only("expect_error")
            self._tell("expect_error", came.problems)
        else:
            self._only("expect", "expect_missing", "expect_review")
            if self._test.expect or self._test.expect_missing:
                self._correct(came.mapped.payload)
            else:
                self._set(("expect",), dict(_whole(came.mapped.payload)))
            self._review(came.mapped.reviews)
        return self._text

    def _correct(self, payload: dict[str, object]) -> None:
        """Bring the fields that are expected up to date, one by one."""
        for target, value in self._test.expect.items():
            got = path_to(read_path(target)).get(payload)
            if got is MISSING:
                self._expect_missing(target)
            elif not equal(value, got):
                self._set(("expect", target), got)
        for target in self._test.expect_missing:
            got = path_to(read_path(target)).get(payload)
            if got is not MISSING:
                missing = self._there("expect_missing")
                self._remove("expect_missing", missing.index(target) if isinstance(missing, list) else 0)
                if isinstance(self._there("expect"), dict):
                    self._set(("expect", target), got)
                else:
                    self._set(("expect",), {target: got})

    def _expect_missing(self, target: str) -> None:
        self._remove("expect", target)
        if isinstance(self._there("expect_missing"), list):
            self._text = append(self._text, (*self._keys, "expect_missing"), target)
        else:
            self._set(("expect_missing",), [target])

    def _review(self, reviews: Sequence[FieldProblem]) -> None:
        """Expect the reviews that are there, if others were expected, or if nothing was."""
        test = self._test
        wrong = any(
            not any(one.target == target and part in one.message for one in reviews)
            for target, part in test.expect_review.items()
        )
        if not reviews and wrong:
            self._only("expect", "expect_missing")
        elif wrong or (reviews and not (test.expect or test.expect_missing or test.expect_review)):
            self._tell("expect_review", reviews)

    def _tell(self, key: str, told: Iterable[FieldProblem]) -> None:
        """Expect these problems: one by its target alone, several with their sentences."""
        sentences = {each.target: each.message for each in told}
        self._set((key,), next(iter(sentences)) if len(sentences) == 1 else sentences)

    def _only(self, *kept: str) -> None:
        """Take out the expectations of another outcome."""
        for key in _EXPECTATIONS:
            if key not in kept and self._there(key) is not MISSING:
                self._text = remove(self._text, (*self._keys, key))

    def _remove(self, key: str, entry: str | int) -> None:
        """Take out one entry of an expectation, and with the last one the whole."""
        content = self._there(key)
        last = not isinstance(content, dict | list) or len(content) == 1
        self._text = remove(self._text, (*self._keys, key) if last else (*self._keys, key, entry))

    def _there(self, key: str) -> object:
        return value_at(self._text, (*self._keys, key))

    def _set(self, keys: Keys, value: object) -> None:
        self._text = set_value(self._text, (*self._keys, *keys), value)


def _whole(payload: dict[str, object], keys: Keys = ()) -> Iterator[tuple[str, object]]:
    """Yield every field of a payload by its target path; a list counts as one field."""
    for name, value in payload.items():
        if isinstance(value, dict) and value and all(_NAME.fullmatch(inner) for inner in value):
            yield from _whole(value, (*keys, name))
        else:
            yield written((*keys, name)), value


def _without_expectations(text: str) -> object:
    """Return everything else that the text says."""
    content = value_at(text, ())
    tests = content.get("tests") if isinstance(content, dict) else None
    for test in tests if isinstance(tests, list) else ():
        for key in _EXPECTATIONS:
            test.pop(key, None)
    return content
