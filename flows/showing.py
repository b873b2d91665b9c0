"""A console that is safe to print anything on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

from connectors.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType


class ShowingConsole(Console):
    """Only its own styles and movements are escape sequences: what a document's id or name holds is shown, never obeyed."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the pieces that something is made of."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else shown(text), style, control)
