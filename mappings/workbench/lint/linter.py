"""The lint as a whole: everything that can be said of a route before a document meets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mappings.language.problems import Mark
from mappings.language.schema import Schema
from mappings.workbench.lint import ends, texts, unused
from mappings.workbench.lint.examiner import Examiner
from mappings.workbench.lint.notebook import Notebook
from mappings.workbench.lint.places import Places
from mappings.workbench.lint.rules import Rules
from mappings.workbench.lint.samples import with_samples
from mappings.workbench.lint.tables import Lookups
from mappings.workbench.lint.targets import Targets
from mappings.workbench.lint.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mappings.language.draft import Draft
    from mappings.language.problems import Problem
    from mappings.workbench.coverage import Gap
    from mappings.workbench.lint.findings import Finding

_TOP = Mark(1, 1)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of both ends of a route, as JSON Schema; None where nothing is.

    `feedback` is what the source may be told. `faults` are sentences about endpoints that are not known, by their key
    (source or destination). `samples` are documents of the source. `gaps` are what the route's tests do not show, None if
    they cannot tell, since they were not run or fail. `later` are the outcomes that the destination can show after the
    delivery, each with a sentence.
    """

    source: Mapping[str, Any] | None = None
    destination: Mapping[str, Any] | None = None
    feedback: Mapping[str, Any] | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    samples: Sequence[object] = ()
    gaps: Sequence[Gap] | None = None
    later: Mapping[str, str] | None = None


def lint(draft: Draft, known: Known, *, unmapped: bool = True) -> list[Finding]:
    """Return everything that is found, in the order of the file; `unmapped` also tells which source fields nobody reads."""
    notebook, places = Notebook(), Places(draft.path, draft.text)
    _note_problems(draft.problems, places, notebook)
    for key, message in known.faults.items():
        notebook.add("unknown-endpoint", places.at(draft.marks.get(key, _TOP)), message)
    spoilt = {problem.path for problem in draft.problems}  # what a table would give that was read in part is a guess
    tables = {
        name: table
        for name, table in draft.tables.items()
        if not (table.file and draft.path.parent / table.file in spoilt)
    }
    lookups = Lookups(tables, places)
    examiner = Examiner(draft.tables, places, lookups, notebook)
    document = with_samples(known.source, known.samples)
    endpoint, sampled = draft.source or "the source", bool(known.samples)
    variables = Variables(draft.vars, examiner, lookups, endpoint=endpoint, document=document, sampled=sampled)
    destination = None if known.destination is None else Schema(known.destination)
    whole = not draft.problems  # else what seems unused may stand in what could not be read
    targets = Targets(draft.destination, destination, notebook, whole=whole)
    sight = variables.top
    if draft.when is not None:
        sight = variables.scopes.where(sight, examiner.condition(draft.when, sight))
    if draft.fields is not None:
        rules = Rules(variables.scopes, examiner, lookups, targets, places, notebook)
        rules.fields(draft.fields, destination, sight, "", places.value(draft.keys["fields"], "fields"))
        texts.note_rules(draft.fields, places, notebook)
    texts.note_tables(lookups, places, notebook)
    variables.note_oddities(places, notebook, unread=whole)
    if whole:
        unused.note_tables(lookups, places, notebook)
    ends.note_pair(draft, places, notebook)
    if draft.two_way is not None and draft.two_way.changed_at is not None:
        examiner.value(draft.two_way.changed_at, variables.top)
    if known.feedback is not None:
        ends.note_feedback(draft.feedback, Schema(known.feedback), draft.source, places, notebook)
    if known.later is not None:
        ends.note_outcomes(draft.feedback, known.later, draft.destination, places, notebook)
    if known.gaps is not None:
        _note_gaps(draft, known.gaps, places, notebook)
    ends.note_tests(draft.tests, variables.top, targets, places, notebook)
    if unmapped and whole and draft.fields is not None:
        span = places.value(draft.keys["fields"], "fields")
        unused.note_source(document, examiner.read, draft.source, span, notebook)
    return notebook.findings()


def _note_problems(problems: Iterable[Problem], places: Places, notebook: Notebook) -> None:
    """Take over the mistakes that loading finds, those in csv files as well."""
    for problem in problems:
        here = problem.path == places.path
        # of a route file in another encoding nothing is in the draft, but its line is known
        file = places if here and problem.line <= len(places.lines) else Places(problem.path, _text(problem))
        notebook.add(
            "invalid-route" if here else "invalid-table", file.at(Mark(problem.line, problem.column)), problem.message
        )


def _note_gaps(draft: Draft, gaps: Iterable[Gap], places: Places, notebook: Notebook) -> None:
    """Take over what the route's tests do not show, or that there are none."""
    if not draft.tests:
        words = "this route has no tests; write some under tests:, docferry map test --accept fills in what comes out"
        notebook.add("untested-route", places.at(_TOP), words)
        return
    for gap in gaps:
        notebook.add("untested-rule", places.at(Mark(gap.line, gap.column)), str(gap))


def _text(problem: Problem) -> str:
    try:
        return problem.path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
