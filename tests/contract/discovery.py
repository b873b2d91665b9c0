"""Finds the subjects, and says which connectors have none and why."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.registry import providers

if TYPE_CHECKING:
    from tests.contract.subject import Subject

WITHOUT: dict[str, str] = {}
"""Connectors that the suite does not look at, and the reason."""


def subjects() -> list[Subject]:
    """Return every subject there is, ordered by name."""
    folder = Path(__file__).parent / "subjects"
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
    modules = [importlib.import_module(f"tests.contract.subjects.{name}") for name in names]
    return sorted((one for module in modules for one in module.SUBJECTS), key=lambda one: one.name)


def unexamined() -> list[str]:
    """Name the providers that have neither a subject nor a reason to have none."""
    return sorted(set(providers()) - {one.provider for one in subjects()} - set(WITHOUT))
