"""Route files for tests, written to a real folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mappings.language import Route, load_route

HEAD = "source: hypatos.documents\ndestination: zefort.contracts\n"


@pytest.fixture
def write_route(tmp_path: Path) -> Callable[..., Path]:
    """Write a route file and the files beside it; return its path."""

    def write(text: str, files: Mapping[str, str] | None = None) -> Path:
        for name, content in (files or {}).items():
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        path = tmp_path / "route.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def route(write_route: Callable[..., Path]) -> Callable[..., Route]:
    """Load a route from its text below source: and destination:."""

    def load(text: str, files: Mapping[str, str] | None = None) -> Route:
        return load_route(write_route(HEAD + text, files))

    return load
