"""Which contracts a listing holds: the exact filters, the date grammar, and a search that is fuzzy on purpose."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.zefort.sandbox_records import NOVEL_STATUS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from connectors.zefort.sandbox_records import Contract
    from connectors.zefort.sandbox_store import Store

_DAY = r"(\d{8}|today)(?:([+-])(\d{1,4})([dmy]))?"
_RANGE = re.compile(rf"(?:{_DAY}-(?:{_DAY})?|-{_DAY})")
OWN_USER = "user_sandbox"
"""Whose key it is."""
_WORD = re.compile(r"\w{2,}")

ENUMS = {
    "cover_document_docai_task_status": frozenset({"idle", "processing"}),
    "esign_status": frozenset({"canceled", "completed", "declined", "draft", "expired", "failed", "pending"}),
    "permission": frozenset({"view", "edit", "full"}),
}


class BadFilterError(Exception):
    """A filter's value is not acceptable; the arguments are its name and why."""


def day_range(text: str, today: date) -> tuple[date | None, date | None]:
    """Read `a-b`, `a-` or `-b` of YYYYMMDD or today with an offset; both ends included. Raises ValueError."""
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    groups = found.groups()
    first, last, only_last = (_day(groups[at : at + 4], today) for at in (0, 4, 8))
    return first, last or only_last


def _day(parts: tuple[str | None, ...], today: date) -> date | None:
    name, sign, amount, unit = parts
    if name is None:
        return None
    day = today if name == "today" else datetime.strptime(name, "%Y%m%d").replace(tzinfo=UTC).date()
    if sign is None or amount is None:
        return day
    step = int(amount) if sign == "+" else -int(amount)
    if step == 0:
        raise ValueError(amount)
    if unit == "d":
        return day + timedelta(days=step)
    months = day.year * 12 + day.month - 1 + step * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


class Filters:
    """The parameters of one listing, read and checked. Raises BadFilterError."""

    def __init__(self, params: Iterable[tuple[str, str]], today: date) -> None:
        self._asked = dict(params)
        self.today = today
        self.trashed = self._flag("trashed")
        self.minimal = self._flag("minimal")
        self._checks: list[Callable[[Contract], bool]] = []
        asked = self._asked
        self.status = asked.get("status")
        if self.status is not None:
            if self.status not in STATUSES | {NOVEL_STATUS}:
                raise BadFilterError(
                    "status", f"Select a valid choice. {self.status} is not one of the available choices."
                )
            self._checks.append(lambda contract: contract.status == self.status)
        if (text := asked.get("receive_time")) is not None:
            self._received(text)
        self._choices()
        if (text := asked.get("pending_activities_times")) is not None:
            self._pending(text)
        if (binder := asked.get("binder")) is not None:
            self._checks.append(lambda contract: any(one.id == binder for one, _ in contract.binders))
        if (tag := asked.get("tags")) is not None:
            self._checks.append(lambda contract: any(one.name == tag for one in contract.tags))
        if (files := asked.get("num_files")) is not None:
            if not files.isdecimal():
                raise BadFilterError("num_files", "Enter a whole number.")
            self._checks.append(lambda contract: len(contract.files) == int(files))
        self._words = {name: _WORD.findall(asked[name].lower()) for name in _TEXTS if asked.get(name)}

    def _choices(self) -> None:
        for name, allowed in ENUMS.items():
            if name in self._asked and self._asked[name] not in allowed:
                raise BadFilterError(
                    name, f"Select a valid choice. {self._asked[name]} is not one of the available choices."
                )

    @property
    def searching(self) -> bool:
        """True if the order is by likeness."""
        return bool(self._words)

    def apply(self, store: Store, *, only_trashed: bool = False) -> list[Contract]:
        """Return what fits, newest first, or best first for a search."""
        trashed = self.trashed or only_trashed
        archived = trashed or self.status is not None or store.switches.archived_listed
        found = [
            contract
            for contract in reversed(store.contracts.values())
            if contract.listed
            and not contract.hidden
            and contract.trashed == trashed
            and (store.switches.sees_all or contract.owner == OWN_USER or contract.binders)
            and (archived or contract.status != "archived")
            and all(check(contract) for check in self._checks)
        ]
        if self._words:
            scored = [(self._score(contract), contract) for contract in found]
            return [contract for score, contract in sorted(scored, key=lambda one: -one[0]) if score > 0]
        sort = self._asked.get("sort", "")
        if store.switches.sort == "honoured" and sort.lstrip("-") in ("last_modified", "receive_time"):
            by_change = sort.endswith("modified")
            found.sort(key=lambda one: one.modified if by_change else one.received, reverse=sort.startswith("-"))
        return found

    def _received(self, text: str) -> None:
        start, end = self._span("receive_time", text)
        self._checks.append(lambda contract: start <= contract.received < end)

    def _pending(self, text: str) -> None:
        start, end = self._span("pending_activities_times", text)
        self._checks.append(
            lambda contract: any(start <= one.time < end and not one.completed for one in contract.activities)
        )

    def _span(self, name: str, text: str) -> tuple[float, float]:
        try:
            first, last = day_range(text, self.today)
        except (ValueError, OverflowError):
            raise BadFilterError(name, "Enter a valid date range.") from None
        start = float("-inf") if first is None else _midnight(first)
        return start, float("inf") if last is None else _midnight(last + timedelta(days=1))

    def _flag(self, name: str) -> bool:
        text = self._asked.get(name, "false").lower()
        if text not in ("true", "false"):
            raise BadFilterError(name, "Must be a valid boolean.")
        return text == "true"

    def _score(self, contract: Contract) -> float:
        """Rate likeness over all places that are searched; each of them must match at all."""
        total = 0.0
        for name, words in self._words.items():
            text = " ".join(_TEXTS[name](contract)).lower()
            score = likeness(text, words)
            if score == 0:
                return 0.0
            total += score
        return total


def _main(contract: Contract) -> list[str]:
    return [file.name for file in contract.files[:1]]


def _attachments(contract: Contract) -> list[str]:
    return [file.name for file in contract.files[1:]]


def _parties(contract: Contract) -> list[str]:
    return [link.party.text for link in contract.parties]


def _notes(contract: Contract) -> list[str]:
    return [note.content for note in contract.notes]


def _tags(contract: Contract) -> list[str]:
    return [tag.name for tag in contract.tags]


def _everything(contract: Contract) -> list[str]:
    texts = [str(value) for value in contract.attributes.values() if isinstance(value, str)]
    for part in (_main, _attachments, _parties, _notes, _tags):
        texts += part(contract)
    return texts


_TEXTS: dict[str, Callable[[Contract], list[str]]] = {
    "q": _everything,
    "q_main_documents": _main,
    "q_attachments": _attachments,
    "q_parties": _parties,
    "q_notes": _notes,
    "q_tags": _tags,
}


def likeness(text: str, words: Iterable[str]) -> float:
    """Rate how well a text fits a search: whole words count, and so do words that only begin alike."""
    return sum(1.0 if word in text else 0.4 for word in words if word[:4] in text)


def words_of(text: str) -> list[str]:
    """Split a search into its words."""
    return _WORD.findall(text.lower())


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
