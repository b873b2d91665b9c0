"""Asks whether conditions can come true, by trying values: every constant they mention, and those between and beside them.

What is compared is a *term*: a path, or any other expression whose value is not looked into. Each term is tried on its own
with the very operators that documents meet, so that nothing here can know better than they do. Whatever is not
understood may be true: a condition is only called impossible if it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.values import ValueProblem, is_number
from mappings.workbench.lint.kinds import Kind, word_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MOST = 256
"""How many combinations are tried before a condition counts as possible."""


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One question about one term. `yes` is the answer looked for; a `weak` one counts if there is no answer, too."""

    term: str
    ask: Callable[[object], object]
    constants: tuple[object, ...] = ()
    yes: bool = True
    weak: bool = False

    def holds(self, value: object) -> bool:
        """Say whether the answer for a value is the one looked for; none if the value cannot be asked about."""
        try:
            answer = self.ask(value)
        except ValueProblem:
            return False
        if answer is MISSING or answer is None:
            return self.weak
        return bool(answer) is self.yes


Formula = tuple[tuple[Atom, ...], ...]
"""Alternatives, in each of which all atoms hold."""
ALWAYS: Formula = ((),)
NEVER: Formula = ()


@dataclass(frozen=True, slots=True)
class Term:
    """What a term may be, and `fit`, which says whether an expression could give a value at all."""

    kind: Kind
    fit: Callable[[object], bool] = lambda _value: True


def both(left: Formula, right: Formula) -> Formula:
    """Return what is true if both are; simply the left one where that would be too long."""
    if len(left) * len(right) > _MOST:
        return left
    return tuple(tuple(dict.fromkeys((*one, *other))) for one, other in product(left, right))


def either(left: Formula, right: Formula) -> Formula:
    """Return what is true if one of them is."""
    return ALWAYS if len(left) + len(right) > _MOST else (*left, *right)


def possible(formula: Formula, terms: Mapping[str, Term]) -> bool:
    """Say whether there can be a document for which this is true."""
    return any(_together(atoms, terms) for atoms in formula)


def _together(atoms: Sequence[Atom], terms: Mapping[str, Term]) -> bool:
    by_term: dict[str, list[Atom]] = {}
    for atom in atoms:
        by_term.setdefault(atom.term, []).append(atom)
    return all(_some(term, asked, terms) for term, asked in by_term.items())


def _some(name: str, atoms: list[Atom], terms: Mapping[str, Term]) -> bool:
    term = terms.get(name) or Term(Kind())
    constants = [constant for atom in atoms for constant in atom.constants]
    values = _values(term.kind, constants)
    return any(all(atom.holds(value) for atom in atoms) and term.fit(value) for value in values)


def _values(kind: Kind, constants: Iterable[object]) -> list[object]:
    """Return values that stand for all that a term can be, as far as the constants can tell them apart."""
    values: list[object] = [MISSING] if kind.missing else []
    if kind.null:
        values.append(None)
    if kind.complete and kind.fixed:
        return [*values, *(each.value for each in kind.fixed)]
    plain = [item for constant in constants for item in (constant if isinstance(constant, list) else [constant])]
    numbers, texts = [item for item in plain if is_number(item)], [item for item in plain if isinstance(item, str)]
    others: list[object] = [*_numbers(numbers), *_texts(texts), *plain, True, False, [], plain or [0], {}]
    others.append(dict.fromkeys(texts, 0) or {"a": 0})
    others += [constant for constant in constants if isinstance(constant, list | dict)]
    return [*values, *(value for value in others if value is not None and _is(value, kind.words))]


def _is(value: object, words: frozenset[str]) -> bool:
    word = word_of(value)
    if word == "string":
        return bool(words & {"string", "date", "datetime"})
    if word == "decimal" and isinstance(value, Decimal) and value == int(value):
        return bool(words & {"decimal", "integer"})
    return word in words or (word == "integer" and "decimal" in words)


def _numbers(constants: list[object]) -> list[object]:
    exact = sorted({Decimal(constant) for constant in constants if isinstance(constant, int | Decimal)} | {Decimal(0)})
    between = [(low + high) / 2 for low, high in pairwise(exact)]
    beside = [number + step for number in exact for step in (-1, 1)]
    return [*exact, *between, *beside]


def _texts(constants: list[str]) -> list[object]:
    behind = [text + "\0" for text in constants]
    joined = [one + other for one, other in product(constants[:8], repeat=2)]
    return ["", *constants, *behind, *joined, "".join(constants), " ", "a", "\U0010ffff"]
