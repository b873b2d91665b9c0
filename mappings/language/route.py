"""A route file, read and compiled: from where, to where, which fields how, and what the source is told."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from mappings.language.feedback import read_feedback
from mappings.language.model import FILES_WORDS, ROUTE_KEYS, Written
from mappings.language.problems import FieldProblem, Findings, MappingError, Mark, Problem, RouteError, suggestion
from mappings.language.reading import Reader
from mappings.language.remedies import Run
from mappings.language.rules import Compiler
from mappings.language.tables import read_tables
from mappings.language.values import ValueProblem
from mappings.language.yaml_nodes import Mapping as Node
from mappings.language.yaml_nodes import Scalar, kind_of, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mappings.language.feedback import FeedbackRule
    from mappings.language.remedies import Trace
    from mappings.language.rules import Condition, Fill, RuleFacts
    from mappings.language.tables import Table

_ENDPOINT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z][A-Za-z0-9_-]*")
_NEXT_STEP = {
    "source": "add the connection and stream documents come from, such as source: hypatos.documents",
    "destination": "add the connection and stream they go to, such as destination: zefort.contracts",
    "fields": "add fields: with target: rule lines under it, such as attributes.title: entities.number",
}


@dataclass(frozen=True, slots=True)
class Mapped:
    """One document, mapped. `skipped` says why the route does not apply to it (then the payload is empty).

    `reviews` are problems that the route lets pass but a person should see. `provenance` has one entry per written
    field: the number of the rule in Route.rules, and its positions in the lists around it.
    """

    payload: dict[str, object]
    skipped: str | None = None
    reviews: tuple[str, ...] = ()
    provenance: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A compiled route file; immutable, so threads may share it.

    `version` is a SHA-256 in hex over the file and its tables: it changes when, and only when, one of them does.
    `files` is all, main or none. `feedback` has a rule per word (delivered, rejected, failed, withdrawn).
    """

    name: str
    path: Path
    source: str
    destination: str
    version: str
    files: str
    description: str
    feedback: Mapping[str, FeedbackRule]
    rules: tuple[RuleFacts, ...]
    _marks: Mapping[str, Mark]
    _when: tuple[Written, Condition] | None
    _fill: Fill

    def apply(self, fields: dict[str, object]) -> Mapped:
        """Map one document. Raises MappingError with everything that is wrong with it, and nothing else."""
        if not isinstance(fields, dict):
            raise MappingError([FieldProblem(1, "document", (), "it is not an object with fields")])
        if self._when is not None:
            written, applies = self._when
            try:
                if not applies(fields):
                    return Mapped({}, skipped=f"the route applies only when {written.text}")
            except ValueProblem as problem:
                message = f"{problem.subject} {problem}"
                raise MappingError([FieldProblem(written.mark.line, "when", (), message)]) from None
        run = Run()
        payload = self._fill(fields, run, ())
        if run.problems:
            raise MappingError(run.problems)
        return Mapped(payload, None, tuple(run.reviews), tuple(run.provenance))

    def position(self, key: str) -> tuple[int, int]:
        """Return (line, column) of a top-level key's value, so that others can complain about it at its place."""
        mark = self._marks[key]
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


def load_route(path: Path) -> Route:
    """Read and compile a route file. Raises RouteError with every problem at its place, and nothing else."""
    findings = Findings(path)
    text = _text(path)
    root = read_yaml(path, text)
    if root is None:
        raise RouteError([Problem(path, 1, 1, f"the file is empty; {_NEXT_STEP['source']}")])
    if not isinstance(root, Node):
        raise RouteError(
            [Problem(path, root.mark.line, root.mark.column, f"the file is {kind_of(root)}; {_NEXT_STEP['source']}")]
        )
    for key, entry in root.entries.items():
        if key not in ROUTE_KEYS:
            findings.add(entry.mark, f"unknown key '{key}'{suggestion(key, ROUTE_KEYS)}")
    for key, step in _NEXT_STEP.items():
        if key not in root.entries:
            findings.add(Mark(1, 1), f"{key}: is missing; {step}")
    source, destination = _endpoint(root, "source", findings), _endpoint(root, "destination", findings)
    files = _word(root, "files", findings) or "all"
    description = _word(root, "description", findings) or ""
    when = _word(root, "when", findings)
    if files not in FILES_WORDS:
        findings.add(root.entries["files"].node.mark, f"files: does not know '{files}'{suggestion(files, FILES_WORDS)}")
    tables = read_tables(root.node("tables"), path, findings)
    compiler = Compiler(tables, findings)
    condition: tuple[Written, Condition] | None = None
    if when is not None:
        written = Written(root.entries["when"].node.mark, " ".join(when.split()))
        condition = (written, compiler.condition(written))
    fields = root.node("fields")
    fill = None if fields is None else compiler.fields(Reader(findings).fields(fields, ""))
    feedback = read_feedback(root.node("feedback"), findings)
    findings.stop_if_any()
    if fill is None:
        raise AssertionError("a missing fields: was reported above")
    return Route(
        name=path.stem,
        path=path,
        source=source,
        destination=destination,
        version=_version(text, tables),
        files=files,
        description=description,
        feedback=MappingProxyType(feedback),
        rules=tuple(compiler.facts),
        _marks=MappingProxyType({key: entry.node.mark for key, entry in root.entries.items()}),
        _when=condition,
        _fill=fill,
    )


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        known = sorted(other.name for other in path.parent.glob("*.yaml"))
        raise RouteError([Problem(path, 1, 1, f"there is no such file{suggestion(path.name, known)}")]) from None
    except OSError as error:
        raise RouteError([Problem(path, 1, 1, f"the file cannot be read ({error.strerror})")]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RouteError([Problem(path, line, 1, "this line is not UTF-8; save the file as UTF-8")]) from None


def _word(root: Node, key: str, findings: Findings) -> str | None:
    node = root.node(key)
    if node is None or (isinstance(node, Scalar) and isinstance(node.value, str)):
        return None if node is None else str(node.value)
    findings.add(node.mark, f"{key}: is {kind_of(node)}, not text")
    return None


def _endpoint(root: Node, key: str, findings: Findings) -> str:
    word = _word(root, key, findings)
    if word is not None and not _ENDPOINT.fullmatch(word):
        example = _NEXT_STEP[key].rpartition(" ")[2]
        findings.add(root.entries[key].node.mark, f"{key}: '{word}' is not connection.stream, such as {example}")
    return word or ""


def _version(text: str, tables: Mapping[str, Table]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tables):
        digest.update(f"\0{name}\0{tables[name].source}".encode())
    return digest.hexdigest()
