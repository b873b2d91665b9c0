"""A provider's published OpenAPI document, and what an exchange says against it."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.conformance.shapes import features

METHODS = ("get", "put", "post", "delete", "patch", "head")
UNDOCUMENTED = "-"
"""The operation of an exchange that the document does not know."""


@dataclass
class Asked:
    """A request as the validating library wants it."""

    path: str
    method: str
    content_type: str
    body: bytes | None
    parameters: RequestParameters
    host_url: str = ""


@dataclass
class Said:
    """An answer as the validating library wants it."""

    status_code: int
    content_type: str
    headers: Headers
    data: bytes


@dataclass(frozen=True)
class Violation:
    """Something that the document does not allow. `side` is client or sandbox."""

    provider: str
    operation: str
    side: str
    what: str

    def __str__(self):
        return f"{self.provider} {self.side}, {self.operation}: {self.what}"


@dataclass
class Specification:
    """One document. An exchange is validated if there is anything in it that was not in earlier ones."""

    provider: str
    base_path: str
    document: dict
    seen: dict = field(default_factory=dict)
    exercised: dict = field(default_factory=dict)

    @classmethod
    def load(cls, folder, provider, base_path):
        """Read `<provider>.openapi.yaml` or `.json`; None if there is neither."""
        for ending in ("json", "yaml"):
            file = folder / f"{provider}.openapi.{ending}"
            if file.is_file():
                loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
                return cls(provider, base_path, yaml.load(file.read_text(), loader))
        return None

    def __post_init__(self):
        self.document = {**self.document, "servers": [{"url": self.base_path.rstrip("/") or "/"}]}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.validator = OpenAPI.from_dict(self.document, config=Config(spec_validator_cls=None))
        self.operations = {}
        for template in sorted(self.document["paths"], key=lambda one: one.count("{")):
            pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)))
            for method in METHODS:
                if method in self.document["paths"][template]:
                    self.operations[method.upper(), template] = pattern

    def operation(self, method, path):
        """Return the operation a request belongs to, as `GET /things/{id}`."""
        for (known, template), pattern in self.operations.items():
            if known == method and pattern.fullmatch(path):
                return f"{method} {template}"
        return UNDOCUMENTED

    def violations(self, exchange):
        """Yield what is wrong with a request and, unless the answer was staged, with its answer."""
        operation = self.operation(exchange.method, exchange.path)
        if not exchange.heard or not self._is_new(operation, exchange):
            return
        self.exercised.setdefault(operation, set()).add(exchange.status)
        if operation == UNDOCUMENTED:
            if exchange.ours and exchange.status // 100 == 2:
                yield Violation(
                    self.provider, f"{exchange.method} {_bare(exchange.path)}", "client", "is not documented"
                )
            return
        asked = self._asked(exchange)
        # What was answered with an error may have been wrong on purpose.
        if exchange.ours and (exchange.staged or exchange.status // 100 == 2):
            for what in self._undeclared(operation, exchange):
                yield Violation(self.provider, operation, "client", what)
            for error in self._errors(self.validator.iter_request_errors, asked):
                if not exchange.long or "body" not in type(error).__name__.lower():
                    yield Violation(self.provider, operation, "client", said_in_words(error))
        if exchange.staged or not exchange.status or len(exchange.answer) >= 64 << 10:
            return
        headers = Headers(exchange.answer_headers)
        kind = headers.get("content-type", "")
        said = Said(exchange.status, kind, headers, exchange.answer)
        for error in self._errors(self.validator.iter_response_errors, asked, said):
            yield Violation(self.provider, operation, "sandbox", f"{exchange.status} {said_in_words(error)}")

    def _is_new(self, operation, exchange):
        """Say whether there is anything in an exchange that was not in earlier ones, and remember it."""
        kind = (operation, exchange.status, exchange.staged, exchange.ours)
        seen, found = self.seen.setdefault(kind, set()), features(exchange)
        new = not found <= seen
        seen |= found
        return new

    @staticmethod
    def _errors(look, *what):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of what it does not support
            try:
                yield from look(*what)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is told
                yield error

    def _asked(self, exchange):
        headers = Headers(exchange.headers)
        pairs = parse_qsl(exchange.query, keep_blank_values=True)
        parameters = RequestParameters(query=ImmutableMultiDict(pairs), header=headers, cookie=ImmutableMultiDict())
        path = self.base_path.rstrip("/") + exchange.path
        body = None if exchange.long else exchange.body or None
        return Asked(path, exchange.method.lower(), headers.get("content-type", ""), body, parameters)

    def _undeclared(self, operation, exchange):
        method, template = operation.split(" ")
        item = self.document["paths"][template]
        listed = [
            self._resolved(one) for one in (*item.get("parameters", ()), *item[method.lower()].get("parameters", ()))
        ]
        known = {one["name"] for one in listed if one["in"] == "query"}
        for name in sorted({name for name, _ in parse_qsl(exchange.query, keep_blank_values=True)} - known):
            yield f"the parameter {name} is not documented"

    def _resolved(self, node):
        if "$ref" not in node:
            return node
        found = self.document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return found


def said_in_words(error):
    """Word an error with its causes, without the values it is about."""
    details = getattr(error.__cause__, "schema_errors", None) or getattr(error, "schema_errors", None) or ()
    places = {f"{'.'.join(map(str, one.absolute_path)) or 'it'}: {_plain(one)}" for one in details}
    cause = f"{type(error.__cause__).__name__} {error.__cause__}" if error.__cause__ and not places else ""
    words = "; ".join(sorted({re.sub(r"\b\d+\b", "*", place) for place in places})) or cause
    return f"{type(error).__name__}: {words or error}"[:300]


def _plain(error):
    if error.validator == "required" and isinstance(error.instance, dict):
        return f"lacks {', '.join(name for name in error.validator_value if name not in error.instance)}"
    return f"{error.validator} {error.validator_value!r}" if len(str(error.validator_value)) < 80 else error.validator


def _bare(path):
    return re.sub(r"/[^/]*\d[^/]*", "/{id}", path)
