"""Text that reads otherwise than it looks: braces that nobody fills in, numbers that are text, ends that are comments."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from mappings.language.missing import MISSING
from mappings.workbench.lint.kinds import word_of
from mappings.workbench.rules import in_order

if TYPE_CHECKING:
    from mappings.language.model import Fields
    from mappings.language.problems import Mark
    from mappings.workbench.lint.findings import Span
    from mappings.workbench.lint.notebook import Notebook
    from mappings.workbench.lint.places import Places
    from mappings.workbench.lint.tables import Lookups, Shelf

_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+"  # 1e5
    r"|\+[0-9][0-9.]*|[0-9]+(?:_[0-9]+)+|0[xo][0-9a-fA-F]+"  # +1, 1_000, 0x1F
    r"|-?[0-9]+,[0-9]+|-?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|-?\.[0-9]+|-?[0-9]+\."  # 1,5 and 1.234,56 and .5 and 5.
)
"""What people, or other readers of YAML, take for a number. Digits that begin with 0 are most often meant as text."""
_ANSWERS = frozenset({"yes", "no", "on", "off"})
_WRITTEN = {"value", "default", "template"}
"""The keys of rules that hold text as it is to appear."""
_MOSTLY = 3
"""How many times as many entries must be of the usual type for another one to be odd."""
_LOST = re.compile(r" #(\w\S*)")
_NAMES = {"string": "text", "decimal": "numbers", "integer": "a number", "boolean": "true or false"}


class Text(NamedTuple):
    """A fixed text in the route: what it is, where it stands, and what to call it."""

    text: str
    span: Span
    name: str


def note_rules(fields: Fields, places: Places, notebook: Notebook) -> None:
    """Note fixed texts of rules that read otherwise than they look."""
    for rule in in_order(fields):
        for key, value in (("value", getattr(rule.source, "value", MISSING)), ("default", rule.default)):
            if isinstance(value, str) and key in rule.marks:
                _note(Text(value, places.scalar(rule.marks[key], value), f"{key}:"), places, rule.marks[key], notebook)
        for key in _WRITTEN & rule.marks.keys():
            _note_lost(places, rule.marks[key], notebook)


def note_tables(lookups: Lookups, places: Places, notebook: Notebook) -> None:
    """Note entries of tables that read otherwise than they look."""
    for shelf in lookups.shelves.values():
        _note_mixed(shelf, notebook)
        for key, value in shelf.table.rows.items():
            if isinstance(value, str) and not shelf.table.file:
                mark = shelf.table.places[key]
                _note(Text(value, shelf.span(key, value), "the entry"), places, mark, notebook)
                _note_lost(places, mark, notebook)


def _note(text: Text, places: Places, mark: Mark, notebook: Notebook) -> None:
    if "{{" in text.text:
        words = f"{text.name} is written as it stands, with its {{{{ }}}}; what is to be filled in goes under template:"
        notebook.add("literal-braces", text.span, words)
    if text.text != text.text.strip() and text.text.strip():
        notebook.add("padded-text", text.span, f"{text.name} begins or ends with white space; take it out")
    if places.quoted(mark):
        return
    if _NUMBER.fullmatch(text.text):
        words = f"'{text.text}' is text here; write a number with digits and a point, or put quotes around it to keep the text"
        notebook.add("looks-otherwise", text.span, words)
    elif text.text.lower() in _ANSWERS and text.text.islower():
        words = f"'{text.text}' is text here; write true or false, or put quotes around it to keep the text"
        notebook.add("looks-otherwise", text.span, words)


def _note_lost(places: Places, mark: Mark, notebook: Notebook) -> None:
    """Note a plain text that ends in a blank and a # with something close behind: most likely all of it was meant."""
    if places.quoted(mark):
        return
    line = places.lines[mark.line - 1]
    found = _LOST.search(line, mark.column - 1)
    value = line[mark.column - 1 : found.start()] if found else ""
    if found and value and not value.endswith(" ") and not re.search(r"[,{}\[\]\"']", value):
        words = f"'#{found[1]}' is a comment and not part of the value; put quotes around the whole of it"
        notebook.add("lost-comment", places.part(mark.line, found.start() + 2, len(found[1]) + 1), words)


def _note_mixed(shelf: Shelf, notebook: Notebook) -> None:
    words = Counter(word_of(value).replace("integer", "decimal") for value in shelf.table.rows.values())
    if len(words) < 2:  # noqa: PLR2004 -- one type is no mixture
        return
    (usual, most), *_ = words.most_common()
    if most < _MOSTLY * (words.total() - most):
        return
    for key, value in shelf.table.rows.items():
        if word_of(value).replace("integer", "decimal") != usual:
            told = (
                f"most entries of table '{shelf.table.name}' are {_NAMES[usual]}, and this is {_NAMES[word_of(value)]}"
            )
            notebook.add("mixed-table", shelf.span(key, str(value)), f"{told}; type: beside rows: makes them all alike")
