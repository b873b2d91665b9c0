"""Plain data as YAML that a route file's reader reads back as exactly the same."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import yaml

from mappings.language.yaml_nodes import COPIED, typed

_FITS = 96
"""How many characters a list or object may take to stand on one line."""
_TAGS: dict[type, str] = {
    str: "tag:yaml.org,2002:str",
    bool: "tag:yaml.org,2002:bool",
    int: "tag:yaml.org,2002:int",
    Decimal: "tag:yaml.org,2002:float",
    type(None): "tag:yaml.org,2002:null",
}


def inline(value: object) -> str:
    """Return a value on one line, fit to stand anywhere, inside of { } too."""
    return _dumped([value], flow=True)[1:-2]


def inline_entry(key: str, value: object) -> str:
    """Return `key: value` on one line, fit to stand inside of { }."""
    return _dumped({key: value}, flow=True)[1:-2]


def line_of(value: object) -> str:
    """Return a value that fits on one line, as it stands behind `key:` outside of { }."""
    return _dumped({"k": value}, flow=False).removeprefix("k: ").rstrip("\n")


def block_entry(key: str, value: object, indent: int) -> list[str]:
    """Return the lines of `key: value` in block style, indented by that many blanks; what is short stays on one line."""
    return _indented(_dumped({key: value}, flow=False), indent)


def block_item(value: object, indent: int) -> list[str]:
    """Return the lines of `- value` in block style, indented by that many blanks."""
    return _indented(_dumped([value], flow=False), indent)


def block_value(value: object, indent: int) -> list[str]:
    """Return the lines of a list or object in block style, indented by that many blanks."""
    return _indented(_dumped(value, flow=False), indent)


def fits(value: object) -> bool:
    """Say whether a value is short enough to stand on one line; single values always are."""
    return not isinstance(value, list | dict) or not value or len(inline(value)) <= _FITS


def _indented(text: str, indent: int) -> list[str]:
    return [" " * indent + line for line in text.splitlines()]


def _dumped(value: object, *, flow: bool) -> str:
    dumper = _FlowDumper if flow else _BlockDumper
    text: str = yaml.dump(value, Dumper=dumper, allow_unicode=True, sort_keys=False, width=math.inf)
    return text


class _Dumper(yaml.SafeDumper):
    """Writes plain only what the route file's reader takes for the same value, and quotes the rest."""

    def ignore_aliases(self, _data: object) -> bool:
        """Write every value out: a route file has no anchors."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 -- as its base has it
        """Indent lists inside of objects, too."""
        super().increase_indent(flow, indentless=False)

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:  # noqa: ANN401 -- as its base has it
        """Say what the reader would take a plain scalar for."""
        if kind is yaml.ScalarNode and implicit[0]:
            return _TAGS[type(typed(value))]
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # the stubs say nothing of it

    def represent_decimal(self, value: Decimal) -> yaml.Node:
        """Write a number in plain notation with the digits it has."""
        text = format(value, "f")
        return self.represent_scalar(_TAGS[Decimal if "." in text else int], text)

    def represent_text(self, value: str) -> yaml.Node:
        """Write text; of several lines as one, with escapes. What would be refused as a plain key is quoted."""
        quoted = value.splitlines() not in ([], [value]) or COPIED.search(value)
        return self.represent_scalar(_TAGS[str], value, style='"' if quoted else None)


_Dumper.add_representer(Decimal, _Dumper.represent_decimal)
_Dumper.add_representer(str, _Dumper.represent_text)


class _FlowDumper(_Dumper):
    """Everything on one line."""

    def represent_data(self, data: object) -> yaml.Node:
        """Put every list and object in brackets."""
        node: yaml.Node = super().represent_data(data)
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = True
        return node


class _BlockDumper(_Dumper):
    """One entry per line, short lists and objects in brackets."""

    def represent_data(self, data: object) -> yaml.Node:
        """Put short lists and objects in brackets."""
        node: yaml.Node = super().represent_data(data)
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = fits(data)
        return node

    def serialize(self, node: yaml.Node) -> None:
        """Write the whole in block style."""
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = False
        super().serialize(node)
