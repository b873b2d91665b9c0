"""What an operator declares of an API: the calls that make, change, find and read an object, and what makes them safe."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from connectors.declarations import Declared
from connectors.fitting import check_schema, exact
from connectors.rest.paths import parse

_PLACEHOLDER = re.compile(r"\{(\w*)\}")


def _path_in_answer(path: str) -> str:
    parse(path)
    return path


def _with(*allowed: str, needed: str = "") -> AfterValidator:
    """Check the placeholders of a path or a text."""

    def check(text: str) -> str:
        for name in _PLACEHOLDER.findall(text):
            if name not in allowed:
                raise ValueError(
                    f"{{{name}}} is not known here; known are {', '.join(f'{{{one}}}' for one in allowed) or 'none'}"
                )
        if needed and f"{{{needed}}}" not in text:
            raise ValueError(f"needs {{{needed}}} in it")
        return text

    return AfterValidator(check)


def _schema(schema: dict[str, object] | None) -> dict[str, object] | None:
    if schema is None:
        return None
    check_schema(schema)
    written: dict[str, object] = exact(schema)
    return written


InAnswer = Annotated[str, AfterValidator(_path_in_answer)]
Writing = Literal["POST", "PUT", "PATCH"]


class Create(Declared):
    """The call that makes an object. Without `id` it is the last part of the Location header."""

    path: Annotated[str, _with()]
    method: Literal["POST", "PUT"] = "POST"
    id: InAnswer | None = None


class Update(Declared):
    """The call that sets an object to a payload. Sent twice it must do no harm."""

    path: Annotated[str, _with("id", needed="id")]
    method: Writing = "PUT"


class Find(Declared):
    """How an object is looked up by its key. `key` is where the answer shows it, so that only the right one is taken."""

    path: Annotated[str, _with("key")]
    params: dict[str, Annotated[str, _with("key")]] = Field(default_factory=dict)
    id: InAnswer
    key: InAnswer | None = None

    @model_validator(mode="after")
    def _asks_for_the_key(self) -> Self:
        if not any("{key}" in text for text in (self.path, *self.params.values())):
            raise ValueError("needs {key} in its path or params")
        if "[*]" in self.id and (self.key is None or "[*]" not in self.key):
            raise ValueError("has [*] in id and so needs a key with [*], or any item could be taken")
        return self


class Read(Declared):
    """The call that says whether an object is there: 404 or 410 means that it is not."""

    path: Annotated[str, _with("id", needed="id")]


class FileFind(Declared):
    """How an object's files are listed. `names` is where the answer shows the names they were uploaded with."""

    path: Annotated[str, _with("id", needed="id")]
    names: InAnswer


class FileCall(Declared):
    """The call that adds a file to an object, as a form with one part. With {name} in its path, PUT sets that file."""

    path: Annotated[str, _with("id", "name", needed="id")]
    method: Writing = "POST"
    part: str = "file"
    find: FileFind | None = None

    @property
    def sets(self) -> bool:
        """Say whether the same call twice leaves one file."""
        return self.method == "PUT" and "{name}" in self.path


class Key(Declared):
    """What carries the delivery's key in the creating call: a field of the body (dots between names) or a header."""

    field: str | None = None
    header: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.field is None) == (self.header is None):
            raise ValueError("takes either field or header")
        return self


class ApiStream(Declared):
    """A stream. Without `find` and `idempotency_header` a lost answer cannot be settled, which has to be accepted in words.

    `idempotency_hours` is how long the API remembers such a header, `payload` a JSON Schema of what routes may send.
    """

    create: Create
    update: Update | None = None
    changed: Literal["refuse", "create"] = "refuse"
    find: Find | None = None
    read: Read | None = None
    key: Key | None = None
    idempotency_header: str | None = None
    idempotency_hours: float = Field(default=24.0, gt=0)
    body: Literal["json", "form"] = "json"
    payload: Annotated[dict[str, object] | None, AfterValidator(_schema)] = None
    file: FileCall | None = None
    unsettled: Literal["hold"] | None = None

    @model_validator(mode="after")
    def _can_be_settled(self) -> Self:
        if self.find is not None and self.key is None:
            raise ValueError("has find but no key: what is looked for must travel in the creating call")
        hint = "or say `unsettled: hold`, and such documents wait for a person"
        if self.unsettled is None and self.find is None and self.idempotency_header is None:
            raise ValueError(f"could double a document after a lost answer: add find or idempotency_header, {hint}")
        file = self.file
        if self.unsettled is None and file is not None and not file.sets and file.find is None:
            raise ValueError(
                f"could double a file after a lost answer: add file.find, PUT to a path with {{name}}, {hint}"
            )
        if self.update is not None and self.changed == "create":
            raise ValueError("has update, so `changed: create` would never apply")
        return self
