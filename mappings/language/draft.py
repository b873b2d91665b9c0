"""A route file as it stands, mistakes and all: what editors, lint and tests of routes work on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from mappings.language.alarms import Alarms, read_alarms
from mappings.language.feedback import read_feedback
from mappings.language.files import Folder, route_text
from mappings.language.model import FILES_WORDS, RESEND_WORDS, ROUTE_KEYS, RUNS_WORDS, Var, Written
from mappings.language.plan import Plan, compile_plan
from mappings.language.problems import TOP, Findings, Mark, Problem, RouteError, suggestion
from mappings.language.reading import Reader, is_name
from mappings.language.reading_tables import TableReader
from mappings.language.reading_tests import TestReader
from mappings.language.two_way import read_two_way
from mappings.language.yaml_nodes import Mapping as Node
from mappings.language.yaml_nodes import Scalar, kind_of, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mappings.language.feedback import FeedbackRule
    from mappings.language.files import Files
    from mappings.language.model import Fields, Test
    from mappings.language.tables import Table
    from mappings.language.two_way import TwoWay
    from mappings.language.yaml_nodes import Node as AnyNode

ENDPOINT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z][A-Za-z0-9_-]*")
"""How a source or destination is written."""
NEEDED = {
    "source": "add the connection and stream documents come from, such as source: hypatos.documents",
    "destination": "add the connection and stream they go to, such as destination: zefort.contracts",
    "fields": "add fields: with target: rule lines under it, such as attributes.title: entities.number",
}
"""The keys that every route file has at the top, and what to do if one is missing."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A route file as it was written.

    What could not be read has the value of a key that is left out; `problems` has every mistake, in the order of the
    file. `files` is all, main or none, `resend` never or changed, `runs` exclusive or shared. `keys` and `marks` are the
    places of the keys at the top and of their values.
    """

    path: Path
    text: str
    source: str = ""
    destination: str = ""
    description: str = ""
    when: Written | None = None
    files: str = "all"
    resend: str = "never"
    two_way: TwoWay | None = None
    runs: str = "exclusive"
    alarms: Alarms = field(default_factory=Alarms)
    tables: Mapping[str, Table] = field(default_factory=dict)
    vars: Mapping[str, Var] = field(default_factory=dict)
    fields: Fields | None = None
    feedback: Mapping[str, FeedbackRule] = field(default_factory=dict)
    tests: tuple[Test, ...] = ()
    problems: tuple[Problem, ...] = ()
    keys: Mapping[str, Mark] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)


def read_draft(path: Path, text: str | None = None) -> Draft:
    """Read a route file, or `text` in its place (unsaved, or an older version). Mistakes are in the draft's `problems`.

    Tables are read from the folder of `path`.
    """
    return drafted(path, text, Folder(path))[0]


def drafted(path: Path, text: str | None, files: Files) -> tuple[Draft, Plan]:
    """Read and compile a route file; the plan is of use only if the draft has no problems."""
    findings = Findings(path)
    draft = Draft(path, text or "")
    try:
        draft = Draft(path, route_text(path) if text is None else text)
        draft = _read(draft, files, findings)
    except RouteError as error:
        findings.problems.extend(error.problems)
    plan = compile_plan(draft, findings)
    return replace(draft, problems=RouteError(findings.problems).problems), plan


def _read(draft: Draft, files: Files, findings: Findings) -> Draft:
    path = draft.path
    root = read_yaml(path, draft.text)
    if root is None:
        raise RouteError([Problem(path, 1, 1, f"the file is empty; {NEEDED['source']}")])
    if not isinstance(root, Node):
        raise RouteError(
            [Problem(path, root.mark.line, root.mark.column, f"the file is {kind_of(root)}; {NEEDED['source']}")]
        )
    for key, entry in root.entries.items():
        if key not in ROUTE_KEYS:
            findings.add(entry.mark, f"unknown key '{key}'{suggestion(key, ROUTE_KEYS)}")
    for key, step in NEEDED.items():
        if key not in root.entries:
            findings.add(TOP, f"{key}: is missing; {step}")
    when = _text(root, "when", findings)
    variables = _vars(root.node("vars"), findings)
    fields = root.node("fields")
    return replace(
        draft,
        source=_endpoint(root, "source", findings),
        destination=_endpoint(root, "destination", findings),
        description=getattr(_text(root, "description", findings), "text", ""),
        when=when and replace(when, text=" ".join(when.text.split())),
        files=_word(root, "files", FILES_WORDS, findings) or draft.files,
        resend=_word(root, "resend", RESEND_WORDS, findings) or draft.resend,
        two_way=read_two_way(root.node("two_way"), findings),
        runs=_word(root, "runs", RUNS_WORDS, findings) or draft.runs,
        alarms=read_alarms(root.node("alarms"), findings),
        tables=MappingProxyType(TableReader(files, findings).tables(root.node("tables"))),
        vars=MappingProxyType(variables),
        fields=None if fields is None else Reader(findings, variables).fields(fields, ""),
        feedback=MappingProxyType(read_feedback(root.node("feedback"), findings)),
        tests=TestReader(findings).tests(root.node("tests")),
        keys=MappingProxyType({key: entry.mark for key, entry in root.entries.items()}),
        marks=MappingProxyType({key: entry.node.mark for key, entry in root.entries.items()}),
    )


def _vars(node: AnyNode | None, findings: Findings) -> dict[str, Var]:
    if node is None:
        return {}
    if not isinstance(node, Node):
        findings.add(node.mark, f"vars: is {kind_of(node)}; write name: expression, one per line")
        return {}
    known: dict[str, Var] = {}
    for name, entry in node.entries.items():
        content = entry.node
        if not is_name(name) or name in {"index", "vars"}:
            findings.add(entry.mark, f"'{name}' cannot be the name of a var; use a word of letters, such as currency")
        elif isinstance(content, Scalar) and isinstance(content.value, str):
            known[name] = Var(entry.mark, name, Written(content.mark, content.value, content.end))
        else:
            hint = "; put quotes around it" if isinstance(content, Scalar) and content.text else ""
            findings.add(content.mark, f"var '{name}' is {kind_of(content)}, not an expression{hint}")
    return known


def _text(root: Node, key: str, findings: Findings) -> Written | None:
    node = root.node(key)
    if node is None:
        return None
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Written(node.mark, node.value, node.end)
    findings.add(node.mark, f"{key}: is {kind_of(node)}, not text")
    return None


def _word(root: Node, key: str, known: dict[str, str], findings: Findings) -> str | None:
    written = _text(root, key, findings)
    if written is None or written.text in known:
        return written.text if written else None
    findings.add(written.mark, f"{key}: does not know '{written.text}'{suggestion(written.text, known)}")
    return None


def _endpoint(root: Node, key: str, findings: Findings) -> str:
    written = _text(root, key, findings)
    if written is None:
        return ""
    if not ENDPOINT.fullmatch(written.text):
        example = NEEDED[key].rpartition(" ")[2]
        findings.add(written.mark, f"{key}: '{written.text}' is not connection.stream, such as {example}")
    return written.text
