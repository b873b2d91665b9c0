"""Whether the destination takes what stands on the left, and whether everything it needs is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mappings.workbench.lint.likeness import alike, elsewhere, meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mappings.language.schema import Key, Schema
    from mappings.workbench.lint.findings import Span
    from mappings.workbench.lint.kinds import Kind
    from mappings.workbench.lint.notebook import Notebook


@dataclass(slots=True)
class Object:
    """An object that rules fill: what is written below it, by name, and where the first of them stands."""

    span: Span
    fields: dict[str, Object] = field(default_factory=dict)
    kind: Kind | None = None

    def write(self, steps: list[str], kind: Kind, span: Span) -> None:
        """Note that a rule writes a field."""
        place = self
        for step in steps:
            place = place.fields.setdefault(step, Object(span))
        place.kind = kind


class Targets:
    """Looks up targets in the destination's schema, of which `root` is all, None if there is none.

    `whole` is False if not all rules could be read, so that nobody knows what else they write.
    """

    def __init__(self, endpoint: str, root: Schema | None, notebook: Notebook, *, whole: bool) -> None:
        self._whole = whole
        self._endpoint = endpoint
        self.root = root
        self._notebook = notebook

    def find(self, schema: Schema | None, steps: Sequence[Key], inside: str, span: Span) -> Schema | None:
        """Return the schema of a target, None if nothing is known of it. `inside` is the target it stands in."""
        for step in steps:
            if schema is None:
                return None
            below = schema.at((step,))
            if below is None:
                self._unknown(schema, step, inside, span)
                return None
            if isinstance(step, int):
                inside, schema = f"{inside}[]", below
                continue
            almost = alike(step, schema.names())
            if almost is not None:
                words = (
                    f"{self._place(inside)} is not known to take '{step}', but it takes '{almost}' (did you mean that?)"
                )
                self._notebook.add("suspect-target", span, words)
            inside, schema = f"{inside}.{step}" if inside else step, below
            if not schema.writable:
                reason = f": {schema.description.rstrip('.')}" if schema.description else ""
                self._notebook.add("read-only-target", span, f"'{inside}' cannot be written{reason}; take the line out")
                return None
        return schema

    def complete(self, schema: Schema | None, made: Object, inside: str) -> None:
        """Note what an object needs and no rule writes, or not surely."""
        if schema is None or not self._whole:
            return
        for name in sorted(schema.required):
            path = f"{inside}.{name}" if inside else name
            written = made.fields.get(name)
            if written is None:
                words = (
                    f"{self._endpoint} needs '{path}', and no rule writes it; add it, with required: true or default:"
                )
                self._notebook.add("unmapped-required", made.span, words)
            elif written.kind is not None and written.kind.maybe:
                words = f"{self._endpoint} needs '{path}', and this rule may come to nothing; add required: true, or default:"
                self._notebook.add("maybe-missing", written.span, words)
        for name, below in made.fields.items():
            if below.fields:
                self.complete(schema.at((name,)), below, f"{inside}.{name}" if inside else name)

    def _unknown(self, schema: Schema, step: Key, inside: str, span: Span) -> None:
        place = self._place(inside)
        if isinstance(step, int):
            words = f"{place} is not a list and has no item [{step}]"
        elif schema.types == {"array"}:
            words = f"{place} is a list, which has no field '{step}'; make it with list: or each:, and write '{step}' inside"
        elif schema.types and "object" not in schema.types:
            words = f"{place} is a single value and has no field '{step}'"
        else:
            deeper = None if self.root is None or alike(step, schema.names()) else elsewhere(self.root, step)
            words = f"{place} takes no field '{step}'{meant(step, schema.names(), deeper)}"
        self._notebook.add("unknown-target", span, words)

    def _place(self, inside: str) -> str:
        return f"'{inside}' of {self._endpoint}" if inside else self._endpoint
