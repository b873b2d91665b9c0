"""Which ids the ledger can keep. One that it cannot is one document's trouble, and must not stop the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.contract import Page

LONGEST = 1000
"""Bytes of UTF-8. PostgreSQL's indexes take 2,704 in an entry, with the route's name and what docferry puts in front."""
WHY = f"an id that the ledger cannot keep (a NUL character, half of a character, or more than {LONGEST} bytes)"


def keepable(id_: str) -> bool:
    """Say whether an id can be kept in either database, and sent to its provider again."""
    try:
        return "\0" not in id_ and len(id_.encode()) <= LONGEST
    except UnicodeEncodeError:
        return False


def only_keepable(page: Page) -> Page:
    """Return a page without the documents whose ids cannot be kept; what was left out is told as not seen."""
    kept = [change for change in page.changes if keepable(change.document_id)]
    if len(kept) == len(page.changes):
        return page
    words = f"{len(page.changes) - len(kept)} on a page have {WHY}"
    return replace(page, changes=kept, unseen="; ".join(filter(None, (page.unseen, words))))
