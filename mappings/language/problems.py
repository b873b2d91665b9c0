"""What can be wrong with a route file (RouteError) or with one document under a route (MappingError), in sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SHOWN = 10  # a reject reason is read by a person; the rest is counted


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text file; line and column count from 1."""

    line: int
    column: int


TOP = Mark(1, 1)
"""The beginning of a file, for what is wrong with it as a whole."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a route file or in a table file, at the place where it can be mended.

    What it quotes may hold anything, and would break lines or do things to a terminal: what nobody sees is written as JSON does.
    """

    path: Path
    line: int
    column: int
    message: str

    def __post_init__(self) -> None:
        if not self.message.isprintable():
            seen = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in self.message)
            object.__setattr__(self, "message", seen)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class RouteError(ValueError):
    """A route file cannot be used. `problems` are all that were found, in file order; str() has one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: (str(each.path), each.line, each.column)))
        super().__init__("\n".join(str(each) for each in self.problems))


@dataclass(slots=True)
class Findings:
    """Collects the problems of one route file while it is read, so that all are told at once."""

    path: Path
    problems: list[Problem] = field(default_factory=list)

    def add(self, mark: Mark, message: str) -> None:
        """Note a problem at a place in the route file."""
        self.problems.append(Problem(self.path, mark.line, mark.column, message))

    def stop_if_any(self) -> None:
        """Raise RouteError if anything was found so far."""
        if self.problems:
            raise RouteError(self.problems)


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Why one target field could not be made. `message` names sources and shapes, never a document's values.

    `line` is the rule's line in the route file; `target` counts list items from 0.
    """

    line: int
    target: str
    sources: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return f"{self.target}: {self.message}"


class MappingError(ValueError):
    """This document cannot be mapped. `problems` are all of them; str() is fit to be a reject reason."""

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        sentences = [str(each) for each in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            sentences.append(f"and {len(self.problems) - _SHOWN} more")
        super().__init__("; ".join(sentences))


def near(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, if one is close."""
    by_lower = {each.lower(): each for each in known}
    matches = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)", or else all the words that are known."""
    words = sorted(known)
    meant = near(word, words)
    if meant is not None:
        return f" (did you mean '{meant}'?)"
    return f" (known: {', '.join(words)})" if words else " (there are none yet)"
