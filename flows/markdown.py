"""Makes Markdown of words that anybody may have said: what a provider or a document's id holds is shown, never obeyed.

Both of Prefect's pages render Markdown, with HTML in it, pictures from anywhere, and addresses made into links.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.shown import seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MEANS_SOMETHING = re.compile(r"[\\`*_\[\]<>|~&!#$]|(?<=:)//|(?<=\bwww)\.|@", re.IGNORECASE)
_BEGINS_A_BLOCK = re.compile(r"^(?:[-+=]|\d+(?=[.)]))")
_BLOCK_IN_A_CELL = re.compile(
    r"^(?P<before>\d+(?=[.)](?:$|\s)))?(?P<sign>(?(before)[.)]|(?:>|[-+*#=_`~](?=$|[\s#*_`~>=-]))))"
)
_LINKS = re.compile(r"\\(?=[!-/:-@\[-`{-~])|!(?=\[)|(?<=\])\(|(?<=\])\[|<|^\[|(?<=:)/(?=/)|(?<=\bwww)\.", re.IGNORECASE)
"""What makes pictures, links (of bare addresses, too), definitions of links, and tags; and a backslash that would undo ours."""


def text(words: str, longest: int = 500) -> str:
    """Return words so that they show as they are, in a line of their own as well as in a cell of a table.

    Line breaks and runs of blanks become one blank; more than `longest` characters are cut, with "…" in their place.
    """
    line = _line(words, longest)
    begun = _BEGINS_A_BLOCK.match(line)
    if begun is None:
        return _escaped(line)
    first = begun.group()
    head = f"\\{first}" if first in "-+=" else f"{first}\\"
    return head + _escaped(line[len(first) :])


def cell(words: str, longest: int = 500) -> str:
    """Return words for a cell of a table artifact, which one of Prefect's pages renders as Markdown and the other does not.

    So only what would load, lead or hide something is escaped; for the rest a sign may look like emphasis on one of them.
    """
    line = _LINKS.sub(lambda found: f"\\{found.group()}", _line(words, longest))
    return _BLOCK_IN_A_CELL.sub(lambda found: f"{found['before'] or ''}\\{found['sign']}", line)


def code(words: str) -> str:
    """Return a command or an id as code, to be copied. Not for tables, where a pipe would end the cell."""
    line = seen(words)
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def link(label: str, address: str | None) -> str:
    """Return a link, or the label alone where there is no address. The address is one that `page_url` made."""
    words = text(label)
    return words if address is None else f"[{words}]({_address(address)})"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table. Headings and cells are Markdown already, of one line."""
    lines = (headings, ["---"] * len(headings), *rows)
    return ["", *("| " + " | ".join(line) + " |" for line in lines), ""]


def _line(words: str, longest: int) -> str:
    line = seen(words)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _escaped(line: str) -> str:
    return _MEANS_SOMETHING.sub(_with_backslash, line)


def _with_backslash(found: re.Match[str]) -> str:
    return "\\/\\/" if found.group() == "//" else f"\\{found.group()}"


def _address(address: str) -> str:
    return re.sub(r"[()<>|\\\s`*_\[\]]", lambda found: f"%{ord(found.group()):02X}", address)
