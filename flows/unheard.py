"""What the source would not be told in a run: each cause said once when it is met, and counted in the end."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flows.causes import cause

log = logging.getLogger("docferry")
MOST = 20
"""Causes that are told apart. Reasons that are all different must not make a log of a line per document after all."""


@dataclass(slots=True)
class _Met:
    first: str
    document_id: str
    count: int = 1


class Unheard:
    """The refused messages of one run, by cause. Which documents they are about is in the ledger."""

    def __init__(self) -> None:
        self._met: dict[str, _Met] = {}
        self._beyond = 0

    def note(self, document_id: str, reason: str) -> None:
        """Count a message that the source refused; say so if it is the first for this cause."""
        key = cause(reason)
        if (known := self._met.get(key)) is not None:
            known.count += 1
        elif len(self._met) == MOST:
            self._beyond += 1
        else:
            self._met[key] = _Met(reason, document_id)
            log.warning("document %s: the source refused our feedback: %s", document_id, reason)

    def conclude(self) -> None:
        """Say how many messages met each cause that more than one has met, and begin anew."""
        for met in self._met.values():
            if met.count > 1:
                log.warning(
                    "the source refused %d messages as it did the one about document %s: %s",
                    met.count,
                    met.document_id,
                    met.first,
                )
        if self._beyond:
            log.warning("the source refused %d more messages, for other reasons; see `docferry status`", self._beyond)
        self._met, self._beyond = {}, 0
