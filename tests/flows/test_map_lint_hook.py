"""The pre-commit hook: defined as pre-commit asks for, and run by it on what a commit changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import mappings

ROOT = Path(mappings.__file__).parents[1]
BIN = Path(sys.executable).parent


def run(folder, *words):
    here = {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(folder / ".cache"),
        "HOME": str(folder),
    }
    return subprocess.run(words, cwd=folder, env=here, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def repository(tmp_path):
    """Make a repository with the shipped routes, whose hook is the one that is defined here."""
    shutil.copytree(ROOT / "mappings", tmp_path / "mappings", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    local = hook | {"language": "system"}  # docferry is installed already
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [local]}]}))
    (tmp_path / "other.yaml").write_text("no: route\n")
    for words in (["init", "-q"], ["add", "-A"]):
        assert run(tmp_path, "git", *words).returncode == 0
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    assert run(tmp_path, "git", *author, "commit", "-q", "-m", "first").returncode == 0
    return tmp_path


def test_the_definition_is_one_that_pre_commit_takes():
    assert run(ROOT, "pre-commit", "validate-manifest", ".pre-commit-hooks.yaml").returncode == 0


def test_a_mistake_in_a_changed_route_or_table_stops_the_commit(repository):
    table, route = (
        repository / "mappings" / "tables" / "binders.csv",
        repository / "mappings" / "zefort_to_documine.yaml",
    )
    (repository / "other.yaml").write_text("no: route at all\n")
    run(repository, "git", "add", "-A")
    assert "Skipped" in run(repository, "pre-commit", "run").stdout
    table.write_text(table.read_text() + "contract,twice\n")
    route.write_text(route.read_text().replace("{ tag: sent", "{ tga: sent"))
    run(repository, "git", "add", "-A")
    ended = run(repository, "pre-commit", "run")
    assert ended.returncode == 1
    assert "duplicate key 'contract'" in ended.stdout
    assert "did you mean 'tag'?" in ended.stdout
    assert "in 3 files" in ended.stdout  # the route, and both that use the table
