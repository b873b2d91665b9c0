"""What folders take, as JSON Schema: anything that can be written into a sidecar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.anything import AnyStream
from connectors.fields import group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fields import JsonSchema

PAYLOAD = group("What is written beside the document's files, under any names.", {})
DESTINATIONS: Mapping[str, JsonSchema] = AnyStream(lambda _: PAYLOAD)
