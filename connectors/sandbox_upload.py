"""Reads multipart/form-data as it arrives: fields whole, files as name, size and digest (and bytes, if small)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from connectors.sandbox_http import Call

_LONGEST_FIELD = 1 << 20


class BadFormError(Exception):
    """The body is not the multipart form it claims to be."""


class FileTooLargeError(Exception):
    """A file went over the limit."""


@dataclass(slots=True)
class Part:
    """One part of a form. `name` is the field's name, `filename` is None for a plain field."""

    name: str
    filename: str | None
    media_type: str
    size: int = 0
    content: bytearray = field(default_factory=bytearray)
    start: bytes = b""
    digest: str = ""


class Form:
    """Parses a form while it arrives. A file's bytes are kept up to `keep`; over `largest` it is refused."""

    def __init__(self, content_type: str, keep: int, largest: int) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise BadFormError("no multipart boundary")
        self._keep, self._largest = keep, largest
        self.parts: list[Part] = []
        self._headers: dict[str, str] = {}
        self._header = [b"", b""]
        self._hash = hashlib.sha256()
        self._ended = False
        self.too_large = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._grow(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._grow(1, data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._all,
            },
        )

    async def read(self, call: Call) -> list[Part]:
        """Read the whole body. Raises BadFormError and FileTooLargeError, with the body off the wire either way."""
        broken: Exception | None = None
        async for chunk in call.chunks():
            if broken is None and not self.too_large:
                try:
                    self._parser.write(chunk)
                except (FormParserError, BadFormError) as error:
                    broken = error
        if self.too_large:
            raise FileTooLargeError
        if broken is not None or not self._ended:
            raise BadFormError(str(broken or "the form ends too early"))
        return self.parts

    def _begin(self) -> None:
        self._headers = {}
        self._hash = hashlib.sha256()

    def _grow(self, which: int, data: bytes) -> None:
        self._header[which] += data

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        self._header = [b"", b""]

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", ""))
        if b"name" not in options:
            raise BadFormError("a part has no name")
        filename = options.get(b"filename")
        media_type = self._headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
        shown = None if filename is None else _file_name(filename.decode("utf-8", "replace"))
        self.parts.append(Part(options[b"name"].decode("utf-8", "replace"), shown, media_type))

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self.parts[-1]
        piece = data[start:end]
        part.size += len(piece)
        if part.filename is None:
            if part.size > _LONGEST_FIELD:
                raise BadFormError("a field is too long")
            part.content += piece
            return
        self._hash.update(piece)
        if len(part.start) < 8:  # noqa: PLR2004 -- enough to know a PDF by
            part.start += piece[:8]
        if part.size <= self._keep:
            part.content += piece
        elif part.content:
            part.content = bytearray()
        self.too_large = self.too_large or part.size > self._largest

    def _end(self) -> None:
        self.parts[-1].digest = self._hash.hexdigest()

    def _all(self) -> None:
        self._ended = True


def _file_name(name: str) -> str:
    """Cut a file name down to its last part, as servers do for safety: what comes before a slash is lost."""
    return PureWindowsPath(PurePosixPath(name.strip()).name).name
