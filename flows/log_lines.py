"""Which route, run and document a log line is about, and log lines as JSON for machines that collect them."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from connectors.shown import shown, shown_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


class OfDocument(Protocol):
    """What belongs to one source document."""

    @property
    def document_id(self) -> str:
        """Its id at the source."""
        ...


C = TypeVar("C")
D = TypeVar("D", bound=OfDocument)
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is being worked on where a line is logged; None where nothing of that kind is."""

    route: str | None = None
    run: str | None = None
    document: str | None = None
    """Its id at the source."""


_NAMES = ("route", "run", "document")
_NOTHING = Subject()
_subject: ContextVar[Subject] = ContextVar("subject", default=_NOTHING)


@contextmanager
def about(*, route: str | None = None, run: str | None = None, document: str | None = None) -> Iterator[None]:
    """Have all lines be about this while the block is active, whoever logs them; what is left out stays as it was."""
    before = _subject.get()
    more = {name: value for name, value in (("route", route), ("run", run), ("document", document)) if value}
    token = _subject.set(replace(before, **more))
    try:
        yield
    finally:
        _subject.reset(token)


def about_its_document(
    work: Callable[Concatenate[C, D, P], Awaitable[T]],
) -> Callable[Concatenate[C, D, P], Awaitable[T]]:
    """Have all lines of some work be about the document that its second argument belongs to."""

    @wraps(work)
    async def run(context: C, one: D, /, *rest: P.args, **named: P.kwargs) -> T:
        before = _subject.get()
        # Once per document and phase, so without what `about` costs.
        token = _subject.set(Subject(before.route, before.run, one.document_id or before.document))
        try:
            return await work(context, one, *rest, **named)
        finally:
            _subject.reset(token)

    return run


class Placing(logging.Filter):
    """Gives log records the fields `route`, `run` and `document`. On a handler, before the one that masks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields; no record is dropped."""
        subject = _subject.get()
        for name in _NAMES:
            setattr(record, name, getattr(subject, name))
        return True


class Placed(logging.Formatter):
    """Puts what a line is about in front of it: `route=r run=1f document=4711: the line`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A value that holds more than letters, digits and `._:-/` is quoted as JSON quotes it.

        Whatever a line holds, a terminal that shows it obeys none of it.
        """
        line = shown(super().format(record))
        known = ((name, getattr(record, name, None)) for name in _NAMES)
        place = " ".join(f"{name}={_quoted(value)}" for name, value in known if value)
        return f"{place}: {line}" if place else line


class JsonLines(logging.Formatter):
    """Makes one JSON object of a record, on one line: time (UTC, ISO 8601), level, route, run, document, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object. Route, run and document are null where a line is about none."""
        return json.dumps(
            {
                "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname.lower(),
                **{name: getattr(record, name, None) for name in _NAMES},
                "message": super().format(record),
            }
        )


def logs_json() -> bool:
    """Return True if the command's log lines are JSON objects, so that nothing else belongs among them."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger("docferry").handlers)


def _quoted(text: str) -> str:
    plain = all(character.isalnum() or character in "._:-/" for character in text)
    return text if plain else shown_json(json.dumps(text, ensure_ascii=False))
