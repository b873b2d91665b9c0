"""Where things stand in the text of a route file or table: lines as YAML counts them, and words found inside a value."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from mappings.workbench.lint.findings import Span

if TYPE_CHECKING:
    from pathlib import Path

    from mappings.language.model import Written
    from mappings.language.problems import Mark

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line for libyaml, whose marks are counted by it."""
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_WORD = re.compile(r"[^\s,\[\]{}]+")
_QUOTE = {"'": r"(?:\\?'|'')", '"': r'\\?"'}
"""How a quotation mark may stand inside a value that is quoted itself."""


class Places:
    """The text of one file. All spans it gives lie inside that text."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._text = text

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without what ends them; at least one."""
        return _BREAK.split(self._text)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self._text))]

    def at(self, mark: Mark) -> Span:
        """Return what begins at a mark: a quoted text, or what there is up to a blank, comma or bracket."""
        line, column = self._inside(mark.line, mark.column)
        rest = self.lines[line - 1][column - 1 :]
        if quoted := _QUOTED.match(rest):
            return self._span(line, column, column + quoted.end())
        word = _WORD.match(rest)
        long = len(word[0].removesuffix(":")) if word else 0
        return self._span(line, column, column + (long or (1 if rest else 0)))

    def value(self, mark: Mark, text: str) -> Span:
        """Return a text that begins at a mark if it stands there just so, or else what `at` says."""
        line, column = self._inside(mark.line, mark.column)
        if text and "\n" not in text and self.lines[line - 1].startswith(text, column - 1):
            return self._span(line, column, column + len(text))
        return self.at(mark)

    def scalar(self, mark: Mark, value: object) -> Span:
        """Return a value that begins at a mark, the whole of it if it is text without quotes."""
        return self.value(mark, value) if isinstance(value, str) and not self.quoted(mark) else self.at(mark)

    def inside(self, written: Written, start: int, end: int) -> Span:
        """Return where a part of some text, given by its place in the text as read, stands in the file."""
        part = written.text[start:end]
        pattern = re.compile(r"\s+".join(map(_tolerant, part.split())) or r"(?!)")
        before = sum(1 for found in pattern.finditer(written.text) if found.start() < start)
        low, high = self._offset(written.mark), self._offset(written.end)
        found = next(islice(pattern.finditer(self._text, low, max(low, high)), before, None), None)
        if found is None:  # it is written with escapes
            return self.value(written.mark, written.text)
        line = bisect_right(self._starts, found.start())
        column = found.start() - self._starts[line - 1] + 1
        return self._span(line, column, column + found.end() - found.start())

    def before(self, mark: Mark, key: str) -> Span:
        """Return a key that stands in front of its value on the same line, or else where the value begins."""
        line, column = self._inside(mark.line, mark.column)
        start = self.lines[line - 1].rfind(key, 0, column - 1)
        return self.at(mark) if start < 0 else self._span(line, start + 1, start + 1 + len(key))

    def after(self, mark: Mark, key: str) -> Span:
        """Return a word of what begins at a mark, or else where that begins."""
        start = self._text.find(key, self._offset(mark))
        if start < 0:
            return self.at(mark)
        line = bisect_right(self._starts, start)
        column = start - self._starts[line - 1] + 1
        return self._span(line, column, column + len(key))

    def part(self, line: int, column: int, length: int) -> Span:
        """Return some characters of a line."""
        line, column = self._inside(line, column)
        return self._span(line, column, column + length)

    def quoted(self, mark: Mark) -> bool:
        """Say whether the value at a mark is written in quotes or as a block."""
        line, column = self._inside(mark.line, mark.column)
        return self.lines[line - 1][column - 1 : column] in {"'", '"', "|", ">"}

    def _inside(self, line: int, column: int) -> tuple[int, int]:
        line = min(max(line, 1), len(self.lines))
        return line, min(max(column, 1), len(self.lines[line - 1]) + 1)

    def _offset(self, mark: Mark) -> int:
        line, column = self._inside(mark.line, mark.column)
        return self._starts[line - 1] + column - 1

    def _span(self, line: int, column: int, end: int) -> Span:
        end = min(end, len(self.lines[line - 1]) + 1)
        return Span(self.path, line, column, end, self.lines[line - 1])


def _tolerant(word: str) -> str:
    return "".join(_QUOTE.get(letter) or re.escape(letter) for letter in word)
