"""The page of guarantees names tests that exist, for every promise at least one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
MECHANISM = re.compile(r"`((?:flows|state|connectors|mappings)/[\w/]+\.py)`")


def promises(page: str) -> list[str]:
    """Return the tables that promise something."""
    return [part for part in re.split(r"^\|\s*\|\s*\|$", page, flags=re.MULTILINE)[1:] if "| Promise |" in part]


def exists(file: str, name: str | None) -> bool:
    """Say whether a test file, and what is named in it, exists: a function, or a name that a model's tests have."""
    path = ROOT / file
    if not path.is_file():
        return False
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return any(each.lower().startswith("test") for each in names) if name is None else name in names


@pytest.mark.parametrize(("file", "name"), sorted({(file, name or "") for file, name in NAMED.findall(PAGE)}))
def test_every_test_that_the_page_names_exists(file: str, name: str):
    assert exists(file, name or None), f"docs/guarantees.md names {file}::{name}, which does not exist"


def test_every_promise_names_a_test_a_mechanism_and_a_figure():
    found = promises(PAGE)
    assert len(found) == PAGE.count("| Promise |")
    for promise in found:
        table = promise.split("\n\n")[0]
        assert NAMED.search(table.partition("| Shown by |")[2].partition("\n")[0]), table
        assert re.search(r"^\| Figure \| \S", table, flags=re.MULTILINE), table
        assert "| Mechanism |" in table


def test_every_file_that_the_page_names_as_a_mechanism_exists():
    named = set(MECHANISM.findall(PAGE))
    assert len(named) > 10
    assert [file for file in named if not (ROOT / file).is_file()] == []


def test_what_is_run_by_make_soak_alone_is_marked_so():
    for row in re.findall(r"^\| Soak \| (.*)$", PAGE, flags=re.MULTILINE):
        for file, name in NAMED.findall(row):
            functions = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
            (test,) = [node for node in functions if getattr(node, "name", None) == name]
            marks = [ast.unparse(mark) for mark in getattr(test, "decorator_list", [])]
            assert any("soak" in mark for mark in marks), f"{file}::{name}"


def test_the_check_itself_can_fail():
    assert not exists("tests/test_guarantees.py", "test_that_nobody_wrote")
    assert not exists("tests/test_nothing.py", None)
    assert not promises("nothing here")
