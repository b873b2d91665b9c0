"""The route's `two_way:`: which route brings the same documents back, and who wins where both sides were changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mappings.language.expressions import Expression, compile_expression
from mappings.language.model import CONFLICT_WORDS, TWO_WAY_KEYS, Written
from mappings.language.problems import suggestion
from mappings.language.seal import ExpressionError
from mappings.language.values import ValueProblem
from mappings.language.work import TooMuchWorkError
from mappings.language.yaml_nodes import Mapping, Node, Scalar, kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mappings.language.draft import Draft
    from mappings.language.problems import Findings, Mark

NEWEST = "newest wins"
HOLD = "hold"


@dataclass(frozen=True, slots=True)
class TwoWay:
    """What a route of a pair says about the pair. `changed_at` gives the time of a document's last change, for `newest wins`."""

    other: Written
    conflict: Written
    changed_at: Written | None = None
    time: Expression | None = None

    def time_of(self, fields: dict[str, object]) -> datetime | None:
        """Return when a document was last changed, None if it does not say. A time without its zone could be any of many."""
        try:
            value = self.time.evaluate(fields) if self.time is not None else None
            at = datetime.fromisoformat(value) if isinstance(value, str) else None
        except (ValueError, ValueProblem, TooMuchWorkError):
            return None
        return at if at is not None and at.tzinfo is not None else None


def read_two_way(node: Node | None, findings: Findings) -> TwoWay | None:
    """Read `two_way:`; what is wrong with it goes to `findings`, and then there is nothing to be had of it."""
    if node is None:
        return None
    if not isinstance(node, Mapping):
        findings.add(node.mark, f"two_way: is {kind_of(node)}; write {{with: other_route, conflict: hold}}")
        return None
    for key, entry in node.entries.items():
        if key not in TWO_WAY_KEYS:
            findings.add(entry.mark, f"unknown key '{key}'{suggestion(key, TWO_WAY_KEYS)}")
    other, conflict, changed_at = (_text(node, key, findings) for key in TWO_WAY_KEYS)
    if conflict is not None and conflict.text not in CONFLICT_WORDS:
        words = f"conflict: does not know '{conflict.text}'{suggestion(conflict.text, CONFLICT_WORDS)}"
        findings.add(conflict.mark, words)
    time = _expression(changed_at, findings)
    if conflict is not None and conflict.text == NEWEST and "changed_at" not in node.entries:
        words = "conflict: newest wins needs changed_at: beside it, the path of the time of a document's last change"
        findings.add(conflict.mark, words)
    if changed_at is not None and conflict is not None and conflict.text != NEWEST:
        findings.add(changed_at.mark, f"changed_at: goes with conflict: {NEWEST}")
    for key in ("with", "conflict"):
        if key not in node.entries:
            findings.add(node.mark, f"two_way: needs {key}: {TWO_WAY_KEYS[key]}")
    return TwoWay(other, conflict, changed_at, time) if other is not None and conflict is not None else None


def pair_faults(draft: Draft, other: Draft | None, known: Collection[str] = ()) -> Iterator[tuple[Mark, str]]:
    """Say, at its place, in what the other route of a pair does not fit this one; None if there is no such route.

    `known` are the routes that there are.
    """
    two_way = draft.two_way
    if two_way is None:
        return
    name, here, mark = two_way.other.text, draft.path.stem, two_way.other.mark
    if draft.files == "all":
        words = (
            "two_way: goes with files: main or files: none, for what comes back are fields, and never a second document"
        )
        yield draft.marks["two_way"], words
    if other is None:
        yield mark, f"with: there is no route '{name}' beside this one{suggestion(name, known)}"
    elif name == here:
        yield mark, "with: a route is no pair with itself; name the one that goes the other way"
    elif (other.source, other.destination) != (draft.destination, draft.source):
        words = f"with: {name} goes from {other.source} to {other.destination}, not back from {draft.destination} to {draft.source}"
        yield mark, words
    elif other.two_way is None or other.two_way.other.text != here:
        yield mark, f"with: {name} does not say two_way: {{with: {here}}}, and both routes of a pair must"
    elif other.two_way.conflict.text != two_way.conflict.text:
        words = f"conflict: {name} says '{other.two_way.conflict.text}', and both routes of a pair must say the same"
        yield two_way.conflict.mark, words


def _text(node: Mapping, key: str, findings: Findings) -> Written | None:
    content = node.node(key)
    if content is None:
        return None
    if isinstance(content, Scalar) and isinstance(content.value, str):
        return Written(content.mark, content.value, content.end)
    findings.add(content.mark, f"{key}: is {kind_of(content)}, not text")
    return None


def _expression(written: Written | None, findings: Findings) -> Expression | None:
    if written is None:
        return None
    try:
        return compile_expression(written.text, {})
    except ExpressionError as error:
        findings.add(written.mark, str(error))
        return None
