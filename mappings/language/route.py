"""A route, ready to map documents: from where, to where, which fields how, and what the source is told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mappings.language.draft import Draft, drafted
from mappings.language.files import Bundle, Folder
from mappings.language.origins import Origin, Origins
from mappings.language.plan import compile_plan
from mappings.language.problems import FieldProblem, Findings, MappingError, Problem, RouteError
from mappings.language.remedies import Run
from mappings.language.values import ValueProblem
from mappings.language.work import TooMuchWorkError, begin, end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mappings.language.feedback import FeedbackRule
    from mappings.language.paths import Scope
    from mappings.language.pieces import Saw
    from mappings.language.plan import Plan
    from mappings.language.remedies import Trace
    from mappings.language.rules import RuleFacts


@dataclass(frozen=True, slots=True)
class Mapped:
    """One document, mapped. `skipped` says why the route does not apply to it (then the payload is empty).

    `reviews` are problems that the route lets pass but a person should see. `provenance` has one entry per written
    field: the number of the rule in Route.rules, and its positions in the lists around it.
    """

    payload: dict[str, object]
    skipped: str | None = None
    reviews: tuple[FieldProblem, ...] = ()
    provenance: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A compiled route file; immutable, so threads may share it.

    `version` is a SHA-256 in hex over the file and its tables: it changes when, and only when, one of them does.
    `draft` is the file as it was written.
    """

    name: str
    draft: Draft
    version: str
    _plan: Plan
    _origins: Origins

    @property
    def path(self) -> Path:
        """The route file."""
        return self.draft.path

    @property
    def source(self) -> str:
        """Where documents come from: connection.stream."""
        return self.draft.source

    @property
    def destination(self) -> str:
        """Where they go: connection.stream."""
        return self.draft.destination

    @property
    def files(self) -> str:
        """Which files of a document travel: all, main or none."""
        return self.draft.files

    @property
    def description(self) -> str:
        """What the route is for, empty if the file does not say."""
        return self.draft.description

    @property
    def feedback(self) -> Mapping[str, FeedbackRule]:
        """What the source is told, by word, such as delivered or signed."""
        return self.draft.feedback

    @property
    def rules(self) -> tuple[RuleFacts, ...]:
        """What is known of every rule, in the order in which traces number them."""
        return self._plan.rules

    def apply(self, fields: dict[str, object]) -> Mapped:
        """Map one document. Raises MappingError with everything that is wrong with it, and nothing else."""
        mapped, problems = self.attempt(fields)
        if problems:
            raise MappingError(problems)
        return mapped

    def attempt(self, fields: dict[str, object]) -> tuple[Mapped, tuple[FieldProblem, ...]]:
        """Map one document as far as it goes. Return what could be made, and everything that is wrong; never raises."""
        if not isinstance(fields, dict):
            return Mapped({}), (FieldProblem(1, "document", (), "it is not an object with fields"),)
        try:
            begin(self._plan.steps, fields)
            return self._mapped(self._plan.variables.scope(fields))
        except TooMuchWorkError as error:
            return Mapped({}), (error.problem or FieldProblem(1, "document", (), f"it {error}"),)
        finally:
            end()

    def _mapped(self, scope: Scope) -> tuple[Mapped, tuple[FieldProblem, ...]]:
        if self._plan.when is not None:
            written, applies = self._plan.when
            try:
                if not applies(scope):
                    return Mapped({}, skipped=f"the route applies only when {written.text}"), ()
            except ValueProblem as problem:
                message = f"{problem.subject} {problem}"
                return Mapped({}), (FieldProblem(written.mark.line, "when", (), message),)
            except TooMuchWorkError as error:
                return Mapped({}), (FieldProblem(written.mark.line, "when", (), f"it {error}"),)
        run = Run()
        payload = self._plan.fill(scope, run, ())
        return Mapped(payload, None, tuple(run.reviews), tuple(run.provenance)), tuple(run.problems)

    def origins(self, fields: dict[str, object], mapped: Mapped) -> list[Origin]:
        """Explain every written field of a document that apply() or attempt() mapped, in the order of writing."""
        return self._origins.of(fields, mapped.provenance)

    def behind(self, fields: dict[str, object], problems: Sequence[FieldProblem]) -> dict[FieldProblem, Origin]:
        """Explain problems and reviews of a document: their rules, with what those have read; others are left out."""
        return self._origins.behind(fields, problems)

    def observed(self, saw: Saw) -> Route:
        """Return the same route, which tells `saw` every answer of a `when:`, for those who measure what tests reach."""
        return replace(self, _plan=compile_plan(self.draft, Findings(self.path), saw))

    def bundle(self) -> dict[str, str]:
        """Return the texts the route was made of, by file name relative to the route: the route file and its tables.

        load_bundle() makes the same route of them again, with the same version.
        """
        files = {table.file: table.source for table in self.draft.tables.values() if table.file}
        return {f"{self.name}.yaml": self.draft.text, **files}

    def position(self, key: str) -> tuple[int, int]:
        """Return (line, column) of a top-level key's value, so that others can complain about it at its place."""
        mark = self.draft.marks[key]
        return mark.line, mark.column

    def feedback_actions(self, word: str, context: dict[str, object]) -> dict[str, object]:
        """Return the actions for a word with their templates filled in; empty if the route has none for it.

        `context` has external_id, reason, document_id, key, route, version. Raises MappingError as FeedbackRule does.
        """
        rule = self.feedback.get(word)
        return rule.render(context) if rule else {}

    def feedback_keys(self) -> list[tuple[str, str, int, int]]:
        """Return (word, action, line, column) of every action, so that they can be checked against the source."""
        return [
            (word, action.name, action.mark.line, action.mark.column)
            for word, rule in self.feedback.items()
            for action in rule.actions
        ]


def load_route(path: Path, text: str | None = None) -> Route:
    """Read and compile a route file, or `text` in its place. Raises RouteError with every problem, and nothing else."""
    return _route(path.stem, *drafted(path, text, Folder(path)))


def load_bundle(name: str, bundle: Mapping[str, str]) -> Route:
    """Compile a route again from what Route.bundle() gave. Raises RouteError, and nothing else."""
    path = Path(f"{name}.yaml")
    if path.name not in bundle:
        raise RouteError([Problem(path, 1, 1, "this file is not in the bundle")])
    return _route(name, *drafted(path, bundle[path.name], Bundle(bundle)))


def _route(name: str, draft: Draft, plan: Plan) -> Route:
    if draft.problems:
        raise RouteError(draft.problems)
    return Route(name, draft, _version(draft), plan, Origins(draft))


def _version(draft: Draft) -> str:
    digest = hashlib.sha256(draft.text.encode())
    for name in sorted(draft.tables):
        digest.update(f"\0{name}\0{draft.tables[name].source}".encode())
    return digest.hexdigest()
