"""What stands under `feedback`, `tests` and `two_way`: whether source, both ends and the other route of a pair know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.draft import read_draft
from mappings.language.model import FEEDBACK_NAMES, LATER_WORDS
from mappings.language.paths import PathError, read_path
from mappings.language.problems import MappingError
from mappings.language.two_way import pair_faults
from mappings.workbench.lint.likeness import meant
from mappings.workbench.lint.values import misfits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mappings.language.draft import Draft
    from mappings.language.feedback import FeedbackRule
    from mappings.language.model import Test
    from mappings.language.schema import Schema
    from mappings.workbench.lint.notebook import Notebook
    from mappings.workbench.lint.places import Places
    from mappings.workbench.lint.sight import Sight
    from mappings.workbench.lint.targets import Targets


def note_feedback(
    rules: Mapping[str, FeedbackRule], schema: Schema, endpoint: str, places: Places, notebook: Notebook
) -> None:
    """Note actions that the source does not know, and values that it can never take.

    Templates are filled in with words that stand for what is known only later.
    """
    for word, rule in rules.items():
        marks = {action.name: places.value(action.mark, action.name) for action in rule.actions}
        for name, span in marks.items():
            if schema.at((name,)) is None:
                words = f"'{name}' is not an action of {endpoint}{meant(name, schema.names())}"
                notebook.add("unknown-action", span, words)
        try:
            filled = rule.render(dict.fromkeys(FEEDBACK_NAMES, "x"))
        except MappingError as error:
            notebook.add("feedback-value", marks[error.problems[0].target.split(".")[2]], str(error))
            continue
        for name, value in filled.items():
            below = schema.at((name,))
            for _, path, sentence in misfits(value, below, name) if below is not None else ():
                notebook.add("feedback-value", marks[name], f"feedback.{word}.{path} {sentence}")


def note_pair(draft: Draft, places: Places, notebook: Notebook) -> None:
    """Note in what a route does not fit the one that it says brings the same documents back."""
    if draft.two_way is None:
        return
    known = sorted(path.stem for path in draft.path.parent.glob("*.yaml"))
    name = draft.two_way.other.text
    other = read_draft(draft.path.with_name(f"{name}.yaml")) if name in known else None
    for mark, words in pair_faults(draft, other, known):
        notebook.add("broken-pair", places.at(mark), words)


def note_outcomes(
    rules: Mapping[str, FeedbackRule], later: Mapping[str, str], endpoint: str, places: Places, notebook: Notebook
) -> None:
    """Note outcomes that the destination never shows."""
    for word, rule in rules.items():
        if word in LATER_WORDS and word not in later:
            words = f"'{word}' is nothing that {endpoint} shows of a document; it shows {', '.join(later) or 'nothing'}"
            notebook.add("unknown-outcome", places.value(rule.mark, word), words)


def note_tests(tests: Iterable[Test], sight: Sight, targets: Targets, places: Places, notebook: Notebook) -> None:
    """Note paths in tests that the documents or the payload cannot have."""
    for test in tests:
        for path in test.patch:
            mark = test.marks.get(f"patch.{path}")
            doubt = sight.doubt(keys) if mark and (keys := _keys(path)) else None
            if mark and doubt is not None:
                notebook.add(doubt.code, places.before(mark, path), doubt.message)
        for path in test.expect:
            mark = test.marks.get(f"expect.{path}")
            if mark and (keys := _keys(path)):
                targets.find(targets.root, keys, "", places.before(mark, path))
        for key in ("expect_missing", "expect_error", "expect_review"):
            for path in getattr(test, key):
                if key in test.marks and (keys := _keys(path)):
                    targets.find(targets.root, keys, "", places.after(test.marks[key], path))


def _keys(path: str) -> tuple[str | int, ...]:
    try:
        return read_path(path)
    except PathError:
        return ()
