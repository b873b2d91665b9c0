"""What `type:` makes of a value, and what it can never convert."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mappings.language.conversions import TYPES
from mappings.language.pieces import conversion
from mappings.language.values import ValueProblem
from mappings.language.words import FormatError
from mappings.workbench.lint.kinds import Fixed, Kind, takes

if TYPE_CHECKING:
    from mappings.language.conversions import Convert
    from mappings.language.model import Rule
    from mappings.workbench.lint.findings import Span

Problem = tuple["Span | None", str]
"""What can never be converted: where it stands, None for the rule's value as a whole, and why."""
_ISO = "%Y-%m-%d"


def converted(rule: Rule, kind: Kind) -> tuple[Kind, list[Problem]]:
    """Return what a rule's `type` makes of a value, and what is wrong with that."""
    name = rule.type or ""
    word = TYPES[name]
    if kind.words and not any(takes(word.takes, each) for each in kind.words):
        told = f"type: {name} cannot be made of {kind.called()}"
        return Kind(word.gives, kind.missing, kind.null), [(None, told)]
    problems: list[Problem] = []
    formats = [written.text for written in rule.options.get("format", ())]
    if name == "date" and kind.words == {"date"} and formats and _ISO not in formats:
        told = f"the source writes this date as YYYY-MM-DD, and format: reads {' or '.join(formats)}; leave format: out"
        problems.append((None, told))
    convert = None if "currency" in rule.options else _conversion(rule)
    fixed: list[Fixed] = []
    odd: list[Problem] = []
    for each in kind.fixed:
        if convert is None:
            break
        try:
            fixed.append(each if each.value is None else replace(each, value=convert({}, each.value)))
        except ValueProblem as problem:
            if each.span is not None:
                odd.append((each.span, f"type: {name} cannot be made of this: {each.what} {problem}"))
    # Whoever says what happens then ("n/a", on_error: skip) means a value that cannot be converted, unless none can.
    if rule.on_error == "fail" or (kind.complete and not fixed):
        problems += odd
    return Kind(word.gives, kind.missing, kind.null, tuple(fixed), kind.complete and bool(fixed)), problems


def _conversion(rule: Rule) -> Convert | None:
    """Return what `type` and the keys beside it do, None if they cannot be used, which was told when the route was read."""
    try:
        return conversion(rule, None)
    except FormatError:
        return None
