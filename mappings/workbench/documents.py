"""Documents to try a route with: read from a JSON file with every digit, and changed at single paths."""

from __future__ import annotations

import copy
import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NoReturn

from mappings.language.files import Folder, UnreadableError
from mappings.language.missing import MISSING
from mappings.language.paths import path_to, read_path
from mappings.language.problems import near
from mappings.workbench.comparing import leaves, written

if TYPE_CHECKING:
    from pathlib import Path

    from mappings.language.model import Test
    from mappings.workbench.comparing import Keys

Document = dict[str, object]


class DocumentError(ValueError):
    """A document cannot be made; the message says why and what to do. `key` is the test's key at fault, if one is."""

    def __init__(self, message: str, key: str = "input") -> None:
        super().__init__(message)
        self.key = key


def read_document(text: str, name: str) -> Document:
    """Read a JSON file's text; numbers with a fraction become Decimals. Raises DocumentError, which calls it `name`."""
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object)
        json.dumps(document, default=str, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise DocumentError(f"{name}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}") from None
    except UnicodeEncodeError:
        raise DocumentError(f"{name} holds half of a surrogate pair (\\ud800 to \\udfff), which is no letter") from None
    except RecursionError:
        raise DocumentError(f"{name} is nested too deeply") from None
    except InvalidOperation:
        raise DocumentError(f"{name} holds a number with an exponent beyond all bounds") from None
    except ValueError as error:
        raise DocumentError(f"{name}: {error}") from None
    if not isinstance(document, dict):
        raise DocumentError(f"{name} does not hold an object with the fields of one document")
    return document


def document_of(test: Test, route: Path) -> Document:
    """Return the document of a test: its input, patched, without what it removes. Raises DocumentError."""
    if isinstance(test.input, str):
        try:
            document = read_document(Folder(route).text(test.input), test.input)
        except UnreadableError as error:
            raise DocumentError(str(error)) from None
    else:
        document = copy.deepcopy(test.input)
    for path, value in test.patch.items():
        _set(document, path, copy.deepcopy(value))
    for path in test.remove:
        _remove(document, path)
    return document


def _set(document: Document, path: str, value: object) -> None:
    *parents, last = read_path(path)
    place: object = document
    for number, key in enumerate(parents):
        if isinstance(place, dict):
            place = place.setdefault(key, {})
        else:
            place = _item(place, key, path, tuple(parents[:number]))
    if isinstance(place, dict) and isinstance(last, str):
        place[last] = value
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        _item(place, last, path, tuple(parents))
        place[last] = value  # type: ignore[index]  # _item has seen that it is a list


def _item(place: object, key: str | int, path: str, before: Keys) -> object:
    if not isinstance(place, list):
        raise DocumentError(f"{path}: {written(before)} is {_kind(place)}, nothing can be set inside it", "patch")
    if isinstance(key, str):
        raise DocumentError(f"{path}: {written(before)} is a list; write an item's number, such as [0]", "patch")
    if not -len(place) <= key < len(place):
        raise DocumentError(f"{path}: {written(before)} has {len(place)} items, counted from 0", "patch")
    return place[key]


def _remove(document: Document, path: str) -> None:
    keys = read_path(path)
    place = path_to(keys[:-1]).get(document) if len(keys) > 1 else document
    if not isinstance(place, dict | list) or path_to(keys).get(document) is MISSING:
        meant = near(path, [written(each) for each, _ in leaves(document)])
        hint = f" (did you mean '{meant}'?)" if meant else ""
        raise DocumentError(f"{path} is not in the document, so it cannot be removed{hint}", "remove")
    del place[keys[-1]]  # type: ignore[arg-type]  # a path that leads somewhere has keys of the right kind


def _object(pairs: list[tuple[str, object]]) -> Document:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key '{double}' stands twice in one object; keep one of them")
    return made


def _kind(value: object) -> str:
    return "an object" if isinstance(value, dict) else "null" if value is None else "a single value"


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")
