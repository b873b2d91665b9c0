"""The wheel: all that docferry reads beside its code is in it, and it works where no source tree is."""

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.deploy.known import ROOT

PACKAGES = ("connectors", "flows", "mappings", "state")
NOT_READ = {".pyc", ".md"}
"""Endings of files that a wheel does without: Python makes the former, and the latter are for the source tree's readers."""
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, since building leaves folders behind that the next wheel would take files from."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    leave = shutil.ignore_patterns("__pycache__")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=leave)
    for name in ("pyproject.toml", "README.md", "LICENSE", "prefect.yaml"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, source)
    [made] = folder.glob("docferry-*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel into an environment of its own, which borrows what docferry needs, but not this source tree."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin/python"
    pip("--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    # A folder that a .pth file names is searched last, and .pth files in it, such as that of `pip install -e`, are not read.
    (Path(own.stdout.strip()) / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin"


def pip(*words):
    """Call pip. Fails with what it said."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def docferry(installed, folder, *words):
    """Run the installed command in a folder. Returns its exit code and what it said on stdout and on stderr."""
    environment = {"PATH": f"{installed}:/usr/bin:/bin", "HOME": str(folder.parent)}
    done = subprocess.run(
        [installed / "docferry", *words], capture_output=True, text=True, check=False, cwd=folder, env=environment
    )
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return done.returncode, done.stdout, done.stderr


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel):
    tree = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix not in NOT_READ
    }
    with zipfile.ZipFile(wheel) as opened:
        held = {name for name in opened.namelist() if ".dist-info/" not in name}
        shipped = opened.read("flows/orchestration/prefect.yaml").decode()
    assert held == tree
    assert shipped == (ROOT / "prefect.yaml").read_text(), "a link in the tree, a file in the wheel"


def test_the_installed_command_lays_out_a_first_route_that_holds_and_makes_its_tables(installed, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    code, said, _ = docferry(installed, folder, "init", "--source", "hypatos", "--destination", "zefort", "--json")
    assert code == 0
    assert json.loads(said)["route"] == "hypatos_to_zefort"
    assert (folder / "prefect.yaml").is_file()
    for words in (("map", "test"), ("state", "upgrade"), ("state", "upgrade", "--check")):
        code, said, complaint = docferry(installed, folder, *words)
        assert code == 0, (words, said, complaint)


def test_the_installed_command_shows_the_demo_in_an_empty_folder(installed, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    code, said, complaint = docferry(installed, folder, "demo", "--documents", "12", "--json")
    assert code == 1, complaint[-2000:]
    report = json.loads(said)
    assert report["adds_up"]
    assert report["delivered"] > 0
    assert not list(folder.iterdir())
