"""What the vars of a route are, each examined once, and which of them nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

from mappings.workbench.lint.kinds import ANY, Kind
from mappings.workbench.lint.scopes import Scopes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.language.model import Var
    from mappings.language.schema import Schema
    from mappings.workbench.lint.examiner import Examiner, Parsed
    from mappings.workbench.lint.notebook import Notebook
    from mappings.workbench.lint.places import Places
    from mappings.workbench.lint.sight import Sight
    from mappings.workbench.lint.tables import Lookups


class Variables:
    """The vars of one route; `top` is what its rules see outside every `each`."""

    def __init__(
        self,
        variables: Mapping[str, Var],
        examiner: Examiner,
        lookups: Lookups,
        *,
        endpoint: str,
        document: Schema,
        sampled: bool = False,
    ) -> None:
        self._variables = variables
        self._examiner = examiner
        self._parsed = {name: examiner.parse(each.expression) for name, each in variables.items()}
        trees = {name: each.node for name, each in self._parsed.items() if each is not None}
        self.scopes = Scopes(lookups, trees, sampled=sampled)
        self._kinds: dict[str, Kind] = dict.fromkeys(variables, ANY)
        self._uses: dict[str, set[str]] = {}
        for name in variables:
            self._examine(name, endpoint, document)
        self.top: Sight = self.scopes.top(endpoint, document, self._kinds)

    def note_oddities(self, places: Places, notebook: Notebook, *, unread: bool) -> None:
        """Note vars that hide a field, or, if `unread`, that nobody reads; called when all rules have been examined."""
        document = self.top.document.names()
        used = self._reached(set(self._examiner.names))
        for name, each in self._variables.items():
            span = places.value(each.mark, name)
            if unread and name not in used:
                notebook.add("unused-var", span, f"nothing reads the var '{name}'; take it out")
            if name in document:
                words = f"'{name}' is a field of {self.top.endpoint}, which no rule can read beside this var; rename the var"
                notebook.add("hidden-name", span, words)

    def _examine(self, name: str, endpoint: str, document: Schema) -> None:
        parsed = self._parsed[name]
        if name in self._uses or parsed is None:
            return
        self._uses[name] = set()  # a circle was told when the route was read
        for other in _names(parsed) & self._variables.keys():
            self._examine(other, endpoint, document)
        before = len(self._examiner.names)
        self._kinds[name] = self._examiner.examine(parsed, self.scopes.top(endpoint, document, self._kinds))
        self._uses[name] = set(self._examiner.names[before:])
        del self._examiner.names[before:]

    def _reached(self, names: set[str]) -> set[str]:
        """Return the vars that are read, also through other vars."""
        reached, new = set[str](), names
        while new:
            reached |= new
            new = set().union(*(self._uses.get(name, set()) for name in new)) - reached
        return reached


def _names(parsed: Parsed) -> set[str]:

    return {each.name for each in parsed.all(nodes.Name)}
