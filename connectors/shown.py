"""Makes anybody's text harmless where it is shown: terminals obey control characters, and marks of direction hide what is there."""

from __future__ import annotations

import re

_SIGNS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Control characters but for tab and line feed (an escape sequence begins with one), marks of direction, halves of characters."""
_OBEYED = re.compile(f"[{_SIGNS}]")
_UNSEEN = re.compile(f"(?![\r\x85])[{_SIGNS}\u200b-\u200d\ufeff]")
"""What is obeyed, but for ends of lines, which count as blanks; and what takes no room."""


def shown(text: str) -> str:
    """Return a text of any number of lines, with U+FFFD for each sign that would be obeyed and not shown."""
    return _OBEYED.sub("\N{REPLACEMENT CHARACTER}", text)


def shown_line(text: str) -> str:
    """Return a text as one line: an id with a line end in it would write lines of its own among ours."""
    return shown(text.replace("\n", "\r").replace("\t", "\r"))


def seen(text: str) -> str:
    """Return what a person sees of a text, as one line: ends of lines and runs of blanks are one blank, signs without a shape none."""
    return " ".join(_UNSEEN.sub("", text).split())


def shown_json(text: str) -> str:
    """Return JSON in which these signs are escaped, so that it means the same."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
