"""Field masks as Flask-RESTX reads them in the header X-Fields: `page,results{id,timings{receive_time}}`."""

from __future__ import annotations

import re
from typing import Final

Mask = dict[str, "Mask | None"]
"""The members that are wanted; None means all of a member. `*` stands for all members."""

_SIGN = re.compile(r"\s*([{},]|[\w*.-]+|\S)")
_NAME = re.compile(r"[\w*.-]+")
OPAQUE: Final = frozenset({"prediction", "feedback", "meta_information", "usage_data", "versions"})
"""Untyped objects: they cannot be cut inside."""


class MaskError(Exception):
    """The mask cannot be read, or does not fit what it is to cut."""


def parse(text: str) -> Mask:
    """Read a mask; its outer braces are optional. Raises MaskError."""
    signs: list[str] = _SIGN.findall(text)
    if signs[:1] != ["{"]:
        signs = ["{", *signs, "}"]
    signs.reverse()
    signs.pop()
    mask = _members(signs)
    if signs:
        raise MaskError(f"Mask parse error: Unexpected {signs[-1]}")
    return mask


def _members(signs: list[str]) -> Mask:
    """Take members off the end of `signs` up to the bracket that closes them."""
    mask: Mask = {}
    last: str | None = None
    while signs:
        sign = signs.pop()
        if sign == "}":
            return mask
        if sign == "{" and last is not None:
            mask[last] = _members(signs)
            last = None
        elif sign == ",":
            last = None
        elif last is None and _NAME.fullmatch(sign):
            mask[sign] = None
            last = sign
        else:
            raise MaskError(f"Mask parse error: Unexpected {sign}")
    raise MaskError("Mask parse error: Missing closing bracket")


def apply(mask: Mask, value: object, name: str = "") -> object:
    """Cut a value to what the mask names; names that are not there are dropped. Raises MaskError."""
    if isinstance(value, list):
        return [apply(mask, item, name) for item in value]
    if value is None:
        return None
    if not isinstance(value, dict) or name in OPAQUE:
        raise MaskError("Mask error: Mask is inconsistent with model")
    kept: dict[str, object] = {}
    for member, inner in value.items():
        if member in mask:
            wanted = mask[member]
            kept[member] = inner if wanted is None else apply(wanted, inner, member)
        elif "*" in mask:
            kept[member] = inner
    return kept
