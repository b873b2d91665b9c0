"""The seal: turns Jinja2 syntax nodes into closures over plain data. What is not listed here does not exist.

There are no calls, no Python attributes, no statements and no generated code, so nothing can reach the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from mappings.language import work
from mappings.language.applying import applied, prepare
from mappings.language.comparisons import COMPARISON
from mappings.language.filters import TESTS
from mappings.language.missing import MISSING
from mappings.language.paths import Scope, SourcePath, Variable, keys_of, path_to
from mappings.language.problems import suggestion
from mappings.language.values import ARITHMETIC, ValueProblem, cut, joined, negative, number, positive, step
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.language.tables import Table

    Evaluate = Callable[[Scope], object]
    Names = Callable[[str], Variable | None]

DEEPEST = 60
"""How many operations may be nested in an expression."""
DEEPEST_IN_ALL = 180
"""How many operations may be nested if those of the vars it uses are counted in; Python's own stack bears more."""

_REFUSED = {
    "Call": "calling functions or methods is not allowed in an expression",
    "Dict": "an object { } is not allowed in an expression; make a table and use lookup",
    "Pow": "** is not allowed in an expression",
    "Mod": "% is not allowed in an expression",
    "FloorDiv": "// is not allowed in an expression; use / and | round",
}


class ExpressionError(ValueError):
    """An expression cannot be used; the message says why, without the place in the file."""


def constant(value: object) -> Evaluate:
    """Return a closure that always gives `value`."""
    return lambda _scope: value


def no_vars(_name: str) -> Variable | None:
    """Know no vars."""
    return None


class Seal:
    """Compiles the nodes of one expression. All methods raise ExpressionError.

    `paths` (by text and the var they are read through), `variables` and `tables` are what the nodes read; `depth` is how many operations are nested,
    `operations` how many there are, both without those of vars.
    """

    def __init__(self, tables: Mapping[str, Table], names: Names) -> None:
        self._tables = tables
        self._names = names
        self.paths: dict[tuple[str, str], SourcePath] = {}
        self.variables: dict[str, Variable] = {}
        self.tables: dict[str, Table] = {}
        self.depth = self.operations = 0
        self._known: dict[type[nodes.Node], Callable[[Any, int], Evaluate]] = {
            nodes.Const: self._const,
            nodes.List: self._list,
            nodes.Tuple: self._list,
            nodes.Getattr: self._getattr,
            nodes.Getitem: self._getitem,
            nodes.And: self._and,
            nodes.Or: self._or,
            nodes.Not: self._not,
            nodes.Neg: self._sign,
            nodes.Pos: self._sign,
            nodes.Concat: self._concat,
            nodes.Compare: self._compare,
            nodes.CondExpr: self._choice,
            nodes.Filter: self._filter,
            nodes.Test: self._test,
        }
        for name in ARITHMETIC:
            self._known[getattr(nodes, name)] = self._arithmetic

    def text(self, template: nodes.Output) -> Evaluate:
        """Turn the pieces of a template into a closure that gives its text."""
        parts: list[Evaluate] = []
        self.operations += 2 if any(not isinstance(piece, nodes.TemplateData) for piece in template.nodes) else 0
        for piece in template.nodes:
            if isinstance(piece, nodes.List | nodes.Tuple):
                raise ExpressionError("a list cannot be written as text (use | join(', '))")
            parts.append(constant(piece.data) if isinstance(piece, nodes.TemplateData) else self.compile(piece))
        return lambda scope: joined([part(scope) for part in parts])

    def compile(self, node: nodes.Node, depth: int = 0) -> Evaluate:
        """Turn a node into a closure; `depth` counts the operations around it."""
        if depth > DEEPEST:
            raise ExpressionError(f"more than {DEEPEST} operations are nested")
        self.operations += 1
        self.depth = max(self.depth, depth)
        keys = keys_of(node)
        if keys is not None:
            for key in keys:
                _refuse_python(key)
            return self._read(keys, depth)
        known = self._known.get(type(node))
        if known is None:
            kind = type(node).__name__
            raise ExpressionError(_REFUSED.get(kind, f"{kind} is not allowed in an expression"))
        return known(node, depth + 1)

    def _read(self, keys: tuple[str | int, ...], depth: int) -> Evaluate:
        variable = self._names(str(keys[0]))
        if variable is None:
            path = path_to(keys)
            return self.paths.setdefault((path.text, ""), path).get
        self.variables[variable.name] = variable
        for path in variable.paths:
            through = SourcePath(path.text, path.keys, path.get, variable.name)
            self.paths.setdefault((path.text, variable.name), through)
        self.depth = max(self.depth, depth + variable.depth)
        if self.depth > DEEPEST_IN_ALL:
            raise ExpressionError(f"more than {DEEPEST_IN_ALL} operations are nested, those of the vars counted in")
        get, rest = variable.get, keys[1:]
        if not rest:
            return get

        def get_inside(scope: Scope) -> object:
            value = get(scope)
            for key in rest:
                value = step(value, key)
            return value

        return get_inside

    def _const(self, node: nodes.Const, _depth: int) -> Evaluate:
        value = node.value
        if isinstance(value, str) and not value.isprintable() and any("\ud800" <= c <= "\udfff" for c in value):
            raise ExpressionError("half a character (a lone surrogate) is not text")
        if not isinstance(value, str | bool | None):
            try:
                number(value)
            except ValueProblem as problem:
                raise ExpressionError(f"a number in it {problem}") from None
        return constant(value)

    def _list(self, node: nodes.List | nodes.Tuple, depth: int) -> Evaluate:
        if all(isinstance(item, nodes.Const) for item in node.items):
            fixed = [self._const(item, depth)({}) for item in node.items if isinstance(item, nodes.Const)]
            return constant(fixed)
        items = [self.compile(item, depth) for item in node.items]
        # nothing is in no list, as in `list:`
        return lambda scope: [value for item in items if (value := item(scope)) is not MISSING]

    def _getattr(self, node: nodes.Getattr, depth: int) -> Evaluate:
        _refuse_python(node.attr)
        if isinstance(node.node, nodes.Const | nodes.List | nodes.Tuple):
            raise ExpressionError(f"a fixed value has no field '{node.attr}'")
        value, key = self.compile(node.node, depth), node.attr
        return lambda scope: step(value(scope), key)

    def _getitem(self, node: nodes.Getitem, depth: int) -> Evaluate:
        value = self.compile(node.node, depth)
        if isinstance(node.arg, nodes.Slice):
            if node.arg.step is not None:
                raise ExpressionError("[::] is not allowed in an expression, only [from:to]")
            start, stop = (
                constant(None) if end is None else self.compile(end, depth) for end in (node.arg.start, node.arg.stop)
            )
            return lambda scope: cut(value(scope), start(scope), stop(scope))
        if isinstance(node.arg, nodes.Const):
            _refuse_python(node.arg.value)
        key = self.compile(node.arg, depth)
        return lambda scope: step(value(scope), key(scope))

    def _and(self, node: nodes.And, depth: int) -> Evaluate:
        left, right = self.compile(node.left, depth), self.compile(node.right, depth)
        return lambda scope: left(scope) and right(scope)

    def _or(self, node: nodes.Or, depth: int) -> Evaluate:
        left, right = self.compile(node.left, depth), self.compile(node.right, depth)
        return lambda scope: left(scope) or right(scope)

    def _not(self, node: nodes.Not, depth: int) -> Evaluate:
        value = self.compile(node.node, depth)
        if keys_of(node.node) is not None:
            return lambda scope: not value(scope)

        def negated(scope: Scope) -> object:
            # "not (total > 5)" has no answer either if there is no total
            result = value(scope)
            return result if result is MISSING or result is None else not result

        return negated

    def _sign(self, node: nodes.Neg | nodes.Pos, depth: int) -> Evaluate:
        self.operations += work.ARITHMETIC
        value = self.compile(node.node, depth)
        operation = negative if isinstance(node, nodes.Neg) else positive
        return lambda scope: operation(value(scope))

    def _arithmetic(self, node: nodes.BinExpr, depth: int) -> Evaluate:
        self.operations += work.DIVISION if isinstance(node, nodes.Div) else work.ARITHMETIC
        operation = ARITHMETIC[type(node).__name__]
        left, right = self.compile(node.left, depth), self.compile(node.right, depth)
        return lambda scope: operation(left(scope), right(scope))

    def _concat(self, node: nodes.Concat, depth: int) -> Evaluate:
        parts = [self.compile(part, depth) for part in node.nodes]
        return lambda scope: joined([part(scope) for part in parts])

    def _compare(self, node: nodes.Compare, depth: int) -> Evaluate:
        self.operations += 2 * len(node.ops)
        first = self.compile(node.expr, depth)
        rest = [(COMPARISON[operand.op], self.compile(operand.expr, depth)) for operand in node.ops]
        if len(rest) == 1:
            operation, second = rest[0]
            return lambda scope: operation(first(scope), second(scope))

        def chain(scope: Scope) -> object:
            left = first(scope)
            answer: object = MISSING
            for compare, operand in rest:
                right = operand(scope)
                answer = compare(left, right)
                if not answer:
                    break
                left = right
            return answer

        return chain

    def _choice(self, node: nodes.CondExpr, depth: int) -> Evaluate:
        then, condition = self.compile(node.expr1, depth), self.compile(node.test, depth)
        otherwise = constant(MISSING) if node.expr2 is None else self.compile(node.expr2, depth)
        return lambda scope: then(scope) if condition(scope) else otherwise(scope)

    def _test(self, node: nodes.Test, depth: int) -> Evaluate:
        test = TESTS.get(node.name)
        if test is None:
            raise ExpressionError(f"unknown test 'is {node.name}'{suggestion(node.name, TESTS)}")
        if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise ExpressionError(f"'is {node.name}' takes no arguments")
        value = self.compile(node.node, depth)
        run = test.run
        return lambda scope: run(value(scope))

    def _filter(self, node: nodes.Filter, depth: int) -> Evaluate:
        if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise ExpressionError(f"'| {node.name}' takes plain arguments only, in their order")
        value = self.compile(node.node, depth)
        if node.name == "lookup":
            return self._lookup(node, value)
        formats = sum(isinstance(each, nodes.Const) for each in node.args)
        self.operations += work.steps_of_word(node.name, formats)
        try:
            prepared = prepare(node.name, node.args)
        except FormatError as error:
            raise ExpressionError(str(error)) from None
        return applied(prepared, value, [self.compile(argument, depth) for argument in prepared.arguments])

    def _lookup(self, node: nodes.Filter, value: Evaluate) -> Evaluate:
        name = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], nodes.Const) else None
        if not isinstance(name, str):
            raise ExpressionError("'| lookup' takes the name of a table in quotes: | lookup('currencies')")
        table = self._tables.get(name)
        if table is None:
            raise ExpressionError(f"unknown table '{name}'{suggestion(name, self._tables)}")
        self.tables[name] = table

        def found(scope: Scope) -> object:
            current = value(scope)
            return current if current is MISSING or current is None else table.find(current)

        return found


def _refuse_python(key: object) -> None:
    if isinstance(key, str) and key.startswith("__"):
        raise ExpressionError(f"'{key}' is not a field of a document")
