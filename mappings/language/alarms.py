"""The route's `alarms:`: how long it may be silent, how much may be rejected, how long the source may be owed something, and so on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from mappings.language.model import ALARM_KEYS
from mappings.language.problems import suggestion
from mappings.language.yaml_nodes import Mapping, Node, Scalar, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mappings.language.problems import Findings

T = TypeVar("T")
NEVER = timedelta.max
"""The limit of what never gives an alarm."""
DURATION = r"(?:[1-9][0-9]{0,4}[smhd]|never)"
PERCENTAGE = r"(?:100|[1-9]?[0-9])%"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Alarms:
    """What a route says of its alarms; None where it says nothing and the gateway's settings hold.

    `reject_rate` is a part of 1, of the documents that were judged; `quota_held` one of a day.
    """

    fresh_within: timedelta | None = None
    reject_rate: Decimal | None = None
    owed_for: timedelta | None = None
    quota_held: Decimal | None = None


def duration(text: str) -> timedelta:
    """Read `90s`, `30m`, `2h`, `7d` or `never` (NEVER). Raises ValueError with what to write."""
    if not re.fullmatch(DURATION, text):
        raise ValueError("write a number and its unit, such as 90s, 30m, 2h or 7d, or never")
    return NEVER if text == "never" else timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def percentage(text: str) -> Decimal:
    """Read `20%` as a part of 1. Raises ValueError with what to write."""
    if not re.fullmatch(PERCENTAGE, text):
        raise ValueError("write a percentage of at most 100%, such as 20%; 100% gives no alarm")
    return Decimal(text[:-1]) / 100


def read_alarms(node: Node | None, findings: Findings) -> Alarms:
    """Read `alarms:`; what is wrong with it goes to `findings`, and counts as not said."""
    if node is None:
        return Alarms()
    if not isinstance(node, Mapping):
        findings.add(node.mark, f"alarms: is {kind_of(node)}; write {{fresh_within: 30m}}")
        return Alarms()
    for key, entry in node.entries.items():
        if key not in ALARM_KEYS:
            findings.add(entry.mark, f"unknown key '{key}'{suggestion(key, ALARM_KEYS)}")
    return Alarms(
        fresh_within=_value(node, "fresh_within", duration, findings),
        reject_rate=_value(node, "reject_rate", percentage, findings),
        owed_for=_value(node, "owed_for", duration, findings),
        quota_held=_value(node, "quota_held", percentage, findings),
    )


def _value(node: Mapping, key: str, read: Callable[[str], T], findings: Findings) -> T | None:
    content = node.node(key)
    if content is None:
        return None
    written = content.text if isinstance(content, Scalar) else ""
    try:
        return read(written)
    except ValueError as error:
        shown = f"'{written}' is not understood" if written else f"is {kind_of(content)}"
        findings.add(content.mark, f"{key}: {shown}; {error}")
        return None
