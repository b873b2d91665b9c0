"""What people write into an expression who know it from elsewhere (SQL, JavaScript, spreadsheets), and what it is called here."""

from __future__ import annotations

import re
from typing import Final

_CALLED: Final = {
    "&&": "and",
    "||": "or",
    "!": "not",
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "AND": "and",
    "OR": "or",
    "NOT": "not",
}
_SIGN = re.compile(r"[=!<>]+|&&|\|\||\b(?:AND|OR|NOT)\b")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_CURLY = re.compile("[\u2018-\u201f]")
_PIECE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def hint(source: str) -> str:
    """Return what to write instead, beginning with a semicolon; nothing if an expression or template has no such sign.

    It is for one that was refused: of one that is understood nothing needs to be said.
    """
    if source.count("{{") > source.count("}}"):
        return "; close every {{ with }}"
    pieces = _PIECE.findall(source) if "{{" in source else [source]
    for piece in pieces:
        code = _TEXT.sub("", piece)
        if _CURLY.search(code):
            return "; write straight quotation marks around text"
        if "'" in code or '"' in code:
            return "; a quotation mark is not closed"
        for sign in _SIGN.findall(code):
            if sign in _CALLED:
                return f"; write {_CALLED[sign]} instead of {sign}"
    return ""
