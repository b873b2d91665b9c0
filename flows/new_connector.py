"""Lays out the files of a new connector: those of the example that the test suite runs, under another name."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING

from state.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
GUIDE = "docs/add-a-connector.md"
_MODEL = "example"
_PLACES = (
    f"connectors/{_MODEL}",
    f"tests/connectors/{_MODEL}",
    f"tests/contract/subjects/{_MODEL}.py",
    f"tests/contract/breaks/{_MODEL}.py",
)
_IMPORT_RULES = "pyproject.toml"
_OF_ONE_ROLE = {
    "source.py": "source",
    "feedback.py": "source",
    "later.py": "destination",
    "test_source.py": "source",
    "destination.py": "destination",
    "test_destination.py": "destination",
}
_LINE = re.compile(r"(?P<code>.*\S) +# (?P<role>source|destination) only")
"""A line of one role."""
_PART = re.compile(r"(?P<indent> *)(?:#|<!--) (?:(?P<role>source|destination) only|both)(?: -->)?")
"""Where a part of one role (or of both again) begins. It ends at the next one, and where the block it is in ends."""


class Role(StrEnum):
    """What a connector can play."""

    SOURCE = "source"
    DESTINATION = "destination"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class LaidOut:
    """What was done, as paths from the root of the project, and what to do next, one sentence each."""

    name: str
    role: Role
    written: Sequence[str]
    changed: Sequence[str]
    next: Sequence[str]


def lay_out(name: str, role: Role, root: Path = ROOT) -> LaidOut:
    """Write the files of a connector that passes its own tests and the contract suite at once.

    Nothing is ever overwritten. Raises SettingError, before anything is written, if the name cannot be one or is taken,
    or this is no source tree.
    """
    if not all((root / place).exists() for place in (*_PLACES, _IMPORT_RULES)):
        raise SettingError(f"a connector is laid out in a source tree of docferry, and {root} is none")
    if find_spec("ruff") is None:
        raise SettingError("ruff is not installed, which puts the new files in order; call: make setup")
    _check(name, root)
    texts = {_renamed(path, name): _renamed(text, name) for path, text in _model(role, root).items()}
    for path in texts:
        if (root / path).exists():
            raise SettingError(f"{path} is there already and is not overwritten; move it away or choose another name")
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        with (root / path).open("x", encoding="utf-8") as file:
            file.write(text)
    # Imports are in the order of their names, and lines as long as the name makes them.
    code = [path for path in texts if path.endswith(".py")]
    for words in (("check", "--fix-only", "--select", "I,F401"), ("format",)):
        subprocess.run([sys.executable, "-m", "ruff", *words, "--quiet", *code], cwd=root, check=True)  # noqa: S603 -- our own words
    _list_for_import_rules(name, root)
    return LaidOut(name, role, list(texts), [_IMPORT_RULES], _next(name))


def _check(name: str, root: Path) -> None:
    """Raise SettingError, in one sentence, if a connector cannot have this name."""
    if iskeyword(name):
        raise SettingError(f"{name} is a word of the Python language; choose another name, such as {name}_api")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise SettingError(f"{name!r} cannot be a connector's name; use small letters, digits and _, such as acme_erp")
    if (root / "connectors" / name).exists():
        raise SettingError(f"there is a connector {name} already (connectors/{name}); choose another name")
    if (root / "connectors" / f"{name}.py").exists():
        raise SettingError(f"connectors/{name}.py is part of what connectors share; choose another name")


def _model(role: Role, root: Path) -> dict[str, str]:
    """Return the example's files without what belongs to a role that is not wanted, by path."""
    found = [root / place for place in _PLACES]
    files = [file for place in found for file in (sorted(place.iterdir()) if place.is_dir() else [place])]
    return {
        file.relative_to(root).as_posix(): _of_role(file.read_text(encoding="utf-8"), role)
        for file in files
        if file.suffix in {".py", ".md"} and _wanted(_OF_ONE_ROLE.get(file.name), role)
    }


def _of_role(text: str, role: Role) -> str:
    """Return a file without the parts and lines of another role, and without the marks that say whose they are."""
    kept: list[str] = []
    part: re.Match[str] | None = None
    for line in text.splitlines():
        if found := _PART.fullmatch(line):
            part = found
            continue
        if part and line.strip() and len(line) - len(line.lstrip()) < len(part["indent"]):
            part = None
        marked = _LINE.fullmatch(line)
        if _wanted(part["role"] if part else None, role) and _wanted(marked["role"] if marked else None, role):
            kept.append(marked["code"] if marked else line)
    return "\n".join(kept) + "\n"


def _wanted(whose: str | None, role: Role) -> bool:
    return whose is None or role in {Role.BOTH, whose}


def _renamed(text: str, name: str) -> str:
    """Write the new name in the place of the example's, in each of the three ways that names are spelt."""
    words = "".join(part.capitalize() for part in name.split("_"))
    for old, new in ((_MODEL.upper(), name.upper()), (_MODEL.capitalize(), words), (_MODEL, name)):
        text = text.replace(old, new)
    return text


def _list_for_import_rules(name: str, root: Path) -> None:
    """Put the connector's modules beside the example's wherever import-linter lists those."""
    lines: list[str] = []
    for line in (root / _IMPORT_RULES).read_text(encoding="utf-8").splitlines():
        lines.append(line)
        if re.match(rf' *"connectors\.{_MODEL}[".]', line):
            lines.append(_renamed(line, name))
    (root / _IMPORT_RULES).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _next(name: str) -> list[str]:
    return [
        f".venv/bin/docferry certify {name}    shows the level to keep; so far it is the example's",
        f"{GUIDE} says what to decide and which file to change first: the sandbox",
        f".venv/bin/python -m connectors.sandbox --only {name}    serves the sandbox on this machine",
        "make check    while you change it, and make certify once it is done",
    ]
