"""Reads what an operator declares about the streams of a connection: a YAML or JSON file, strictly, with every fault at its key."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.urls import SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class Declared(BaseModel):
    """A part of such a file: nothing unknown, no guessing of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


D = TypeVar("D", bound=Declared)


class _Loader(yaml.SafeLoader):
    """Reads plain data as YAML 1.2 and JSON have it, in which NO and 2026-02-27 are text, and keys always are.

    It refuses a key that is there twice: the first one would silently not count. Routes have rules of their own
    (mappings/language/yaml_nodes.py), since neither package knows the other; tests/connectors/test_declared_scalars.py sees that they agree
    but for numbers with an exponent, which JSON has and an id in a route may look like.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[object] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = "tag:yaml.org,2002:str"
            name = self.construct_object(key, deep=True)
            if str(name) in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{name}' is there twice", key.start_mark)
            seen.add(str(name))
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}  # those of YAML 1.1
for _kind, _form, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", "-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)(?=[.eE])(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"(?:{_form})$"), list(_first))


def read_streams(connection: str, file: str, kind: type[D]) -> dict[str, D]:
    """Return the streams of a file by name: under `streams:`, or at its top. Raises SettingsError with all its faults."""
    path = Path(file)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 -- a SafeLoader, made stricter
    except OSError as error:
        raise SettingsError(f"{connection}: {path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{connection}: {path} is not UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise SettingsError(
            f"{connection}: {path}{place}: {getattr(error, 'problem', None) or 'is not YAML'}"
        ) from None
    if isinstance(data, dict) and set(data) == {"streams"}:
        data = data["streams"]
    if not isinstance(data, dict) or not data:
        raise SettingsError(f"{connection}: {path} declares no streams; a stream's name belongs at its left margin")
    streams: dict[str, D] = {}
    problems: list[str] = []
    for name, declared in data.items():
        try:
            streams[str(name)] = kind.model_validate(declared)
        except ValidationError as error:
            problems += [f"{connection}: {path}: {_sentence(str(name), one, kind)}" for one in error.errors()]
    if problems:
        raise SettingsError("\n".join(problems))
    return streams


def _sentence(stream: str, error: ErrorDetails, kind: type[Declared]) -> str:
    place = ".".join([stream, *(str(part) for part in error["loc"])])
    if error["type"] == "extra_forbidden":
        key, known = str(error["loc"][-1]), _known(kind, [str(part) for part in error["loc"][:-1]])
        near = difflib.get_close_matches(key, known, n=1)
        return f"{place} is unknown" + (f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}")
    if error["type"] == "missing":
        return f"{place} is missing"
    reason = error["msg"].removeprefix("Value error, ")
    return f"{place}: {reason[:1].lower()}{reason[1:]}"


def _known(kind: type[Declared], path: list[str]) -> list[str]:
    """Return the keys that are known at a place in a declaration."""
    for part in path:
        field = kind.model_fields.get(part)
        inner = None if field is None else _model(field.annotation)
        kind = kind if inner is None else inner  # a name of the operator's own, such as a child's, has no field
    return [field.alias or name for name, field in kind.model_fields.items()]


def _model(annotation: object) -> type[Declared] | None:
    if isinstance(annotation, type) and issubclass(annotation, Declared):
        return annotation
    found = (_model(part) for part in getattr(annotation, "__args__", ()))
    return next((one for one in found if one is not None), None)
