"""The route to begin with where none is shipped: the least that the destination takes, and what to write next, as comments."""

from __future__ import annotations

_READ = {
    "contractfit": ("documents", "filename", "id, filename, status, received, document_type, fields.*"),
    "documine": ("files", "name", "id, name, dossier.name, components.*"),
    "hypatos": ("documents", "title", "id, title, state, entities.*"),
    "zefort": ("contracts", "attributes.title", "id, status, attributes.*, parties, tags"),
}
"""Of each provider as a source: its stream, what names a document, and what else is read most."""
_WRITTEN = {
    "contractfit": ("documents", "title"),
    "documine": ("files", "name"),
    "hypatos": ("documents", "title"),
    "zefort": ("contracts", "attributes.title"),
}
"""Of each provider as a destination: its stream, and the field with a document's name."""


def skeleton(source: str, destination: str) -> str:
    """Return a route file that `docferry map lint` accepts and that carries every document under its name."""
    stream, name, fields = _READ[source]
    target_stream, target = _WRITTEN[destination]
    return f"""# Documents of {source} go to {destination}.
#
# Target on the left, rule on the right. Read from {source}: {fields}.
# After editing: docferry map lint, then docferry map preview. All keys: docs/route-file.md; recipes: docs/cookbook.md.

description: Documents of {source} go to {destination}

source: {source}.{stream}
destination: {destination}.{target_stream}

# Only some of them? Write a condition:
# when: …

# main: the document's main file; all: the others as well
files: main

fields:
  {target}: {{ from: {name}, required: true }}

# What {source} is told of what became of a document (docs/route-file.md#feedback):
# feedback:
#   delivered: …
#   rejected:  …

# Documents and what must become of them (docs/map-commands.md):
# tests:
#   - name: …
#     input: samples/….json
#     expect: {{}}
"""
