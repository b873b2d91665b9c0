"""Makes what can be seen at a place of the route: at the top, inside `each`, and below conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.workbench.lint.conditions import Conditions
from mappings.workbench.lint.inference import Inference
from mappings.workbench.lint.logic import ALWAYS, both, possible
from mappings.workbench.lint.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import nodes

    from mappings.language.schema import Key, Schema
    from mappings.workbench.lint.kinds import Kind
    from mappings.workbench.lint.logic import Formula, Term
    from mappings.workbench.lint.tables import Lookups


class Scopes:
    """Makes the sights of one route, whose vars stand for `variables`; `sampled` if there are sample documents."""

    def __init__(self, lookups: Lookups, variables: Mapping[str, nodes.Node], *, sampled: bool) -> None:
        self._sampled = sampled
        self._lookups = lookups
        self._variables = variables

    def top(self, endpoint: str, document: Schema, names: Mapping[str, Kind]) -> Sight:
        """Return what is seen outside every `each`."""
        return self._sight(endpoint, document, names, {}, ALWAYS, {})

    def each(self, sight: Sight, names: Mapping[str, Kind], paths: Mapping[str, tuple[Key, ...]]) -> Sight:
        """Return what is seen inside an `each` that adds these names; `paths` are those of its items."""
        more, all_paths = {**sight.names, **names}, {**sight.paths, **paths}
        return self._sight(sight.endpoint, sight.document, more, all_paths, sight.given, sight.conditions.terms)

    def where(self, sight: Sight, condition: Formula) -> Sight:
        """Return what is seen where a condition is true; one that never is was told, and changes nothing."""
        given = both(sight.given, condition)
        if not possible(given, sight.conditions.terms):
            return sight
        return self._sight(sight.endpoint, sight.document, sight.names, sight.paths, given, sight.conditions.terms)

    def _sight(
        self,
        endpoint: str,
        document: Schema,
        names: Mapping[str, Kind],
        paths: Mapping[str, tuple[Key, ...]],
        given: Formula,
        terms: Mapping[str, Term],
    ) -> Sight:
        # what a term may be is asked without what is given: that is put together with it only later
        def kind_of(node: nodes.Node) -> Kind:
            return Inference(plain, self._lookups).kind(node)

        conditions = Conditions(kind_of, self._variables, terms)
        plain = Sight(endpoint, document, names, conditions, paths, self._sampled)
        return Sight(endpoint, document, names, conditions, paths, self._sampled, given)
