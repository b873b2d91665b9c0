"""The texts a route is made of: its own file and its csv tables, from the folder they lie in or from a bundle."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mappings.language.problems import Problem, RouteError, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


LARGEST = 20_000_000
"""How many bytes a table's file may have."""


class UnreadableError(Exception):
    """A file beside the route cannot be read. The message continues the sentence "table 'x': …"."""


class Files(Protocol):
    """Where the files beside a route are."""

    def text(self, name: str) -> str:
        """Return the text of a file by its name relative to the route. Raises UnreadableError."""
        ...  # pragma: no cover -- a protocol


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of a route file; nothing outside it is read, whatever links say."""

    route: Path

    def text(self, name: str) -> str:
        """Return the text of a file in the folder or below it. Raises UnreadableError."""
        folder = self.route.parent.resolve()
        path = (self.route.parent / name).resolve()
        if not path.is_relative_to(folder):
            raise UnreadableError(f"{name} is outside the route's folder; keep it there or in a folder below")
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise UnreadableError(f"{name} is not a file")  # a pipe would be waited for
            if found.st_size > LARGEST:
                raise UnreadableError(f"{name} is too long ({found.st_size:,} bytes, at most {LARGEST:,})")
            return path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise UnreadableError(f"there is no file {name} in {self.route.parent}") from None
        except UnicodeDecodeError:
            called = " (spreadsheets call it 'CSV UTF-8')" if name.endswith(".csv") else ""
            raise UnreadableError(f"{name} is not UTF-8; save it as UTF-8{called}") from None
        except OSError as error:
            raise UnreadableError(f"{name} cannot be read ({error.strerror})") from None


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a route as they once were, by name."""

    texts: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return the text kept under a name. Raises UnreadableError."""
        if name not in self.texts:
            raise UnreadableError(f"there is no file {name} in the bundle")
        return self.texts[name]


def route_text(path: Path) -> str:
    """Return the text of a route file. Raises RouteError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        known = sorted(other.name for other in path.parent.glob("*.yaml"))
        meant = suggestion(path.name, known) if known else ""
        raise RouteError([Problem(path, 1, 1, f"there is no such file{meant}")]) from None
    except OSError as error:
        raise RouteError([Problem(path, 1, 1, f"the file cannot be read ({error.strerror})")]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RouteError([Problem(path, line, 1, "this line is not UTF-8; save the file as UTF-8")]) from None
