"""`docferry new-connector`: what it lays out works at once, whatever the name and the role, and nothing is overwritten."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from flows.new_connector import GUIDE, Role, lay_out
from state.errors import SettingError
from tests.contract.mutations import ROOT, Break, copy_tree, problem


class Tree:
    """A copy of this source tree."""

    def __init__(self, folder):
        self.folder = folder
        copy_tree(folder)

    def run(self, *words):
        """Run Python there, with the code that is there."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        environment.pop("DOCFERRY_SPECS", None)
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def files(self):
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "docferry")


@pytest.mark.parametrize(
    ("name", "role"),
    [("acme_erp", Role.BOTH), ("zz9", Role.SOURCE), ("a_provider_with_rather_a_long_name", Role.DESTINATION)],
)
def test_what_is_laid_out_passes_its_own_tests_and_ruff(tree, name, role):
    before = tree.files()
    done = lay_out(name, role, tree.folder)
    after = tree.files()
    assert set(after) - set(before) - {path for path in after if path.startswith(".ruff_cache/")} == set(done.written)
    assert {path for path in before if before[path] != after[path]} == set(done.changed) == {"pyproject.toml"}

    for words in (("check", "."), ("format", "--check", ".")):
        checked = tree.run("-m", "ruff", *words)
        assert checked.returncode == 0, checked.stdout
    promises = "tests/contract/test_mutations.py"
    tested = tree.run("-m", "pytest", "-p", "no:cacheprovider", "-m", "not soak", f"tests/connectors/{name}", promises)
    assert tested.returncode == 0, tested.stdout[-3000:]


@pytest.mark.parametrize("role", Role)
def test_only_what_the_role_needs_is_laid_out_and_nothing_is_left_of_the_example(tree, role):
    done = lay_out("acme_erp", role, tree.folder)
    written = {path: (tree.folder / path).read_text() for path in done.written}
    for part, files in {
        "source": ("connectors/acme_erp/source.py", "connectors/acme_erp/feedback.py"),
        "destination": ("connectors/acme_erp/destination.py",),
    }.items():
        assert all((path in written) is (role in (Role.BOTH, part)) for path in files)
    for text in written.values():
        assert "example" not in text.lower()
        assert not re.search(r"(#|<!--) (source only|destination only|both)", text)
    assert ("## As a source" in written["connectors/acme_erp/README.md"]) is (role != Role.DESTINATION)
    assert ("## As a destination" in written["connectors/acme_erp/README.md"]) is (role != Role.SOURCE)
    assert (tree.folder / "pyproject.toml").read_text().count('"connectors.acme_erp') == 4


def test_the_example_uses_its_own_name_for_nothing_else():
    places = ("connectors/example/*", "tests/connectors/example/*.py", "tests/contract/*/example.py")
    texts = [file.read_text() for place in places for file in ROOT.glob(place) if file.is_file()]
    assert len(texts) > 10
    assert not [text for text in texts if "or example" in text or "example.com" in text]


def test_what_the_guide_names_is_there():
    guide = (ROOT / GUIDE).read_text().replace("NAME/", "example/").replace("NAME.py", "example.py")
    named = set(re.findall(r"`(?:connectors/)?(\w+/\w+\.py|contract\.py)`", guide))
    assert len(named) >= 5
    places = (ROOT, ROOT / "connectors")
    assert [path for path in sorted(named) if not any((place / path).is_file() for place in places)] == []
    links = re.findall(r"\]\(([^)#]+)\)", guide)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    shown = eval(re.search(r"```python\n(Break\(.*?\n\))\n```", guide, re.DOTALL)[1], {"Break": Break})
    assert problem(replace(shown, file=shown.file.replace("acme_erp", "example"))) is None
    for line in (
        'await journal.once("create", do, find, notes={_SHOWN: shown}, settle=self._settle)',
        "_never_gone",
        "SETTLE_SECONDS",
    ):
        assert line in guide
        assert any(line in file.read_text() for file in (ROOT / "connectors/example").glob("*.*"))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("class", "Python"),
        ("Acme", "small letters"),
        ("acme-erp", "small letters"),
        ("9acme", "small letters"),
        ("", "small letters"),
        ("../acme", "small letters"),
        ("zefort", "already"),
        ("example", "already"),
        ("http", "share"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_one_sentence_before_anything_is_written(tree, name, says):
    before = tree.files()
    with pytest.raises(SettingError, match=says) as caught:
        lay_out(name, Role.BOTH, tree.folder)
    assert len(str(caught.value).splitlines()) == 1
    assert tree.files() == before


def test_a_file_that_is_there_is_never_overwritten_and_no_other_is_written_then(tree):
    (tree.folder / "tests/contract/subjects/acme.py").write_text("mine")
    before = tree.files()
    with pytest.raises(SettingError, match=r"tests/contract/subjects/acme\.py is there already"):
        lay_out("acme", Role.BOTH, tree.folder)
    assert tree.files() == before


def test_a_place_that_is_no_source_tree_is_named(tmp_path):
    with pytest.raises(SettingError, match=str(tmp_path)):
        lay_out("acme", Role.BOTH, tmp_path)


def test_the_command_tells_what_it_wrote_and_what_to_do_next(tree):
    told = tree.run("-m", "flows", "new-connector", "acme")
    assert told.returncode == 0, told.stderr
    assert "connectors/acme/sandbox.py" in told.stdout
    assert "certify acme" in told.stdout
    merged = tree.run("-m", "pytest", "-p", "no:cacheprovider", "tests/contract/test_certificate.py", "-k", "examples")
    assert "AssertionError: assert ['acme']" in merged.stdout
    said = json.loads(tree.run("-m", "flows", "new-connector", "other", "--role", "source", "--json").stdout)
    assert (said["name"], said["role"], said["changed"]) == ("other", "source", ["pyproject.toml"])
    assert all((tree.folder / path).is_file() for path in said["written"])


def test_wrong_usage_ends_with_code_2(docferry):
    taken = docferry("new-connector", "zefort", "--json")
    assert (taken.code, taken.json["exit_code"]) == (2, 2)
    assert "connectors/zefort" in taken.json["error"]
    for words in (("acme", "--role", "both-of-them"), ()):
        assert docferry("new-connector", *words).code == 2


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_what_is_laid_out_is_typed_keeps_the_import_rules_and_is_certified(tree):
    lay_out("acme_erp", Role.BOTH, tree.folder)
    typed = tree.run("-m", "mypy")
    assert typed.returncode == 0, typed.stdout
    ruled = tree.run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    assert ruled.returncode == 0, ruled.stdout
    certified = json.loads(tree.run("-m", "flows", "certify", "acme_erp", "--json").stdout)
    levels = {name: score["level"] for name, score in certified["connectors"].items()}
    assert levels == {"acme_erp.documents.source": "platinum", "acme_erp.documents.destination": "platinum"}
