"""What a save has changed: tests that came out otherwise, and fields of the document that is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.workbench.comparing import differences, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mappings.workbench.outcome import Outcome
    from mappings.workbench.preview import Preview
    from mappings.workbench.testing import Trial


def changed_tests(before: Sequence[Trial], after: Sequence[Trial]) -> Iterator[str]:
    """Yield a line for every test that came out otherwise than before, is new, or is gone. Tests are known by name."""
    was = {trial.test.name: trial.passed for trial in before}
    now = {trial.test.name: trial.passed for trial in after}
    for name, passed in now.items():
        if name not in was:
            yield f"new test, it {'passes' if passed else 'fails'}: {name}"
        elif passed is not was[name]:
            yield f"now {'passes' if passed else 'fails'}: {name}"
    for name in was:
        if name not in now:
            yield f"test is gone: {name}"


def changed_preview(before: Preview, after: Preview) -> Iterator[str]:
    """Yield a line for everything that became otherwise: what becomes of the document, its fields, its problems."""
    was, now = before.outcome, after.outcome
    if _verdict(was) != _verdict(now):
        yield f"the document was {_verdict(was)} and is now {_verdict(now)}"
    for found in differences(was.mapped.payload, now.mapped.payload):
        if found.expected is MISSING:
            yield f"+ {found.target} = {shown(found.got)}"
        elif found.got is MISSING:
            yield f"- {found.target} (it was {shown(found.expected)})"
        else:
            yield f"~ {found.target}: {shown(found.expected)} → {shown(found.got)}"
    told = [(str(each), "problem") for each in now.problems] + [(str(each), "review") for each in now.mapped.reviews]
    known = {str(each) for each in (*was.problems, *was.mapped.reviews)}
    for sentence, word in told:
        if sentence not in known:
            yield f"new {word}: {sentence}"


def _verdict(came: Outcome) -> str:
    return "skipped" if came.skipped is not None else "rejected" if came.problems else "mapped"
