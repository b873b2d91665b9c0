"""From YAML nodes to what stands beside `type:`, such as `format` and `zone`, and what to say if it does not belong there."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from mappings.language.conversions import LISTS, MOST, OPTIONS, TYPES
from mappings.language.model import Written
from mappings.language.yaml_nodes import Mapping, Node, Scalar, Sequence, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping as Lookup

    from mappings.language.problems import Findings


def read_options(node: Mapping, kind: str | None, findings: Findings) -> Lookup[str, tuple[Written, ...]]:
    """Return the texts under every key of OPTIONS that a rule has; `kind` is its type, if it is a known one."""
    found: dict[str, tuple[Written, ...]] = {}
    for key in OPTIONS:
        if key not in node.entries:
            continue
        content = node.entries[key].node
        texts = _texts(key, content, findings)
        if texts is None:
            continue
        if "type" not in node.entries:
            findings.add(content.mark, f"{key}: goes with type: {_types_with(key)}")
        elif kind is not None and key not in TYPES[kind].options:
            findings.add(content.mark, f"{key}: goes with type: {_types_with(key)}, not with type: {kind}")
        else:
            found[key] = texts
    return MappingProxyType(found)


def _texts(key: str, content: Node, findings: Findings) -> tuple[Written, ...] | None:
    items = content.items if isinstance(content, Sequence) and key in LISTS else (content,)
    texts: list[Written] = []
    for item in items:
        if isinstance(item, Scalar) and isinstance(item.value, str):
            texts.append(Written(item.mark, item.value, item.end))
        else:
            hint = "; put quotes around it" if isinstance(item, Scalar) and item.text else ""
            findings.add(item.mark, f"{key}: is {kind_of(item)}, not text{hint}")
    if not items:
        findings.add(content.mark, f"{key}: is an empty list; write at least one, or leave the key out")
    elif len(items) > MOST:
        findings.add(content.mark, f"{key}: has more than {MOST} items")
    return tuple(texts) if texts and len(texts) == len(items) <= MOST else None


def _types_with(key: str) -> str:
    *most, last = [name for name, known in TYPES.items() if key in known.options]
    return f"{', '.join(most)} or {last}" if most else last
