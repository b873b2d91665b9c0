"""Expressions and templates: Jinja2's syntax, read by Jinja2's parser and by nothing else of it.

What the parsed nodes mean is in seal.py. Length and nesting are bounded before anything is evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser

from mappings.language.foreign import hint
from mappings.language.seal import ExpressionError, Seal, no_vars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mappings.language.paths import Scope, SourcePath
    from mappings.language.seal import Evaluate, Names
    from mappings.language.tables import Table

LONGEST_EXPRESSION = 500
"""How many characters an expression may have."""
LONGEST_TEMPLATE = 2_000
"""How many characters a template may have."""
_LONGEST_SHOWN = 80
_PATH = re.compile(
    r"(?!(?:and|or|not|in|is|if|else|true|false|none|True|False|None)\b)"
    r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\[(?:0|[1-9][0-9]{0,8})\])*"
)
_STEP = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression or template; immutable, so threads may share it.

    `evaluate` returns plain data or MISSING and raises ValueProblem if a value cannot be used. `paths` are those of
    the document that it reads and `tables` those it looks into, also through vars, whose names are in `vars`. `node` is its syntax tree (for a template
    an Output of text and expressions), None for a fixed value. `depth` is how many operations are nested, `operations`
    how many there are; the vars it uses count into `depth` only, since they are evaluated once per document.
    """

    text: str
    evaluate: Callable[[Scope], object]
    paths: tuple[SourcePath, ...]
    node: nodes.Expr | nodes.Output | None = None
    vars: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    depth: int = 0
    operations: int = 1

    @property
    def fixed(self) -> bool:
        """True for a template without any `{{ }}`."""
        return self.operations == 0

    @property
    def names(self) -> list[str]:
        """The first step of every path."""
        return [str(path.keys[0]) for path in self.paths]


def compile_expression(text: str, tables: Mapping[str, Table], names: Names = no_vars) -> Expression:
    """Compile a bare expression, as in `from:` and `when:`; `names` gives vars by name. Raises ExpressionError."""
    seal = Seal(tables, names)
    node = parse_expression(text)
    with _Explained(text):
        return _expression(text.strip(), seal.compile(node), node, seal)


def compile_template(text: str, tables: Mapping[str, Table], names: Names = no_vars) -> Expression:
    """Compile text with `{{ expressions }}` in it; `names` gives vars by name. Raises ExpressionError."""
    seal = Seal(tables, names)
    node = parse_template(text)
    with _Explained(text):
        return _expression(text, seal.text(node), node, seal)


def parse_expression(text: str) -> nodes.Expr:
    """Return the syntax tree of a bare expression; what is in it was not looked at. Raises ExpressionError."""
    source = text.strip()
    if not source:
        raise ExpressionError("the expression is empty")
    if len(source) > LONGEST_EXPRESSION:
        raise ExpressionError(f"the expression is too long ({len(source)} characters, at most {LONGEST_EXPRESSION})")
    if "{{" in source or "{%" in source:
        raise ExpressionError(
            f"an expression has no {{{{ }}}} around it (text with {{{{ }}}} is a template): {_shown(source)}"
        )
    if _PATH.fullmatch(source):
        return _path(source)
    with _Explained(source):
        parser = Parser(_ENVIRONMENT, source, state="variable")
        node = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError(f"cannot be understood from '{parser.stream.current.value}' on", lineno=1)
    return node


def _path(source: str) -> nodes.Expr:
    """Return what Jinja's parser makes of a plain path, in a fraction of its time: most rules are one."""
    first, *steps = _STEP.findall(source)
    node: nodes.Expr = nodes.Name(first, "load")
    for step in steps:
        number = step.isdigit()
        node = nodes.Getitem(node, nodes.Const(int(step)), "load") if number else nodes.Getattr(node, step, "load")
    return node


def parse_template(text: str) -> nodes.Output:
    """Return the pieces of a template, text and expressions that were not looked at. Raises ExpressionError."""
    if len(text) > LONGEST_TEMPLATE:
        raise ExpressionError(f"the template is too long ({len(text)} characters, at most {LONGEST_TEMPLATE})")
    pieces: list[nodes.Expr] = []
    with _Explained(text):
        for body in Parser(_ENVIRONMENT, text).parse().body:
            if not isinstance(body, nodes.Output):
                raise ExpressionError("{% %} is not allowed in a template, only {{ }}")
            pieces.extend(body.nodes)
    return nodes.Output(pieces)


def _expression(text: str, evaluate: Evaluate, node: nodes.Expr | nodes.Output, seal: Seal) -> Expression:
    tables = [*seal.tables, *(name for variable in seal.variables.values() for name in variable.tables)]
    return Expression(
        text,
        evaluate,
        tuple(seal.paths.values()),
        node,
        vars=tuple(seal.variables),
        tables=tuple(dict.fromkeys(tables)),
        depth=seal.depth,
        operations=seal.operations,
    )


class _Explained:
    """Turns whatever refuses an expression into ExpressionError that shows the expression."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._shown = _shown(source)

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, RecursionError):
            raise ExpressionError(f"nested too deeply: {self._shown}") from None
        if isinstance(error, TemplateSyntaxError):
            why = (error.message or "not understood").rstrip(".")
            raise ExpressionError(f"{why}{hint(self._source)}: {self._shown}") from None
        if isinstance(error, ExpressionError):
            raise ExpressionError(f"{error}: {self._shown}") from None


class _ExactEnvironment(Environment):
    """Jinja2's lexer, except that a number with a fraction becomes the decimal that was written, not a binary float."""

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        def tokens() -> Iterator[Token]:
            for line, kind, written in self.lexer.tokeniter(source, name, filename, state):
                if kind == "float":
                    try:
                        exact = Decimal(written.replace("_", ""))
                    except InvalidOperation:  # an exponent beyond all bounds
                        raise TemplateSyntaxError("a number is too large or too small", line) from None
                    yield Token(line, "float", exact)  # type: ignore[arg-type]  # the parser passes the value on unseen
                elif kind == "integer" and len(written) > _LONGEST_SHOWN:
                    raise TemplateSyntaxError("a number is too long", line)
                else:
                    yield from self.lexer.wrap([(line, kind, written)], name, filename)

        return TokenStream(tokens(), name, filename)


# it parses only; nothing is ever rendered with it
_ENVIRONMENT: Final = _ExactEnvironment(keep_trailing_newline=True)


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_SHOWN else f"{flat[: _LONGEST_SHOWN - 1]}…"


def tokens(text: str, *, template: bool = False) -> Iterator[tuple[int, str, str]]:
    """Walk the tokens of an expression or template that compiles: where each begins in the text, its kind, its text."""
    start = 0
    for _, kind, written in _ENVIRONMENT.lexer.tokeniter(text, None, None, None if template else "variable"):
        yield start, kind, written
        start += len(written)
