"""Breaks connectors on purpose, each in a copy of the tree, to see that the promises notice: `make mutate`."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
COPIED = ("connectors", "flows", "mappings", "state", "tests", "pyproject.toml", "README.md")
LONGEST = 400
"""Seconds after which a run counts as hung, and so as caught: far more than any takes, however busy the machine is."""


@dataclass(frozen=True)
class Break:
    """One edit: in `file` (below connectors/), `old` becomes `new`. `promises` says which are asked (`pytest -k`)."""

    what: str
    file: str
    old: str
    new: str
    promises: str


@dataclass(frozen=True)
class Verdict:
    """What came of a break. `by` names the first promise that failed."""

    connector: str
    broken: Break
    caught: bool
    by: tuple[str, ...] = ()


def breaks():
    """Return the scripted breaks by connector, as `tests/contract/breaks/<provider>.py` lists them."""
    folder = Path(__file__).parent / "breaks"
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
    modules = [importlib.import_module(f"tests.contract.breaks.{name}") for name in names]
    return {name: listed for module in modules for name, listed in module.BREAKS.items()}


def problem(broken):
    """Say why a break cannot be made, None if it can: its text must be there exactly once, and leave Python behind."""
    text = (ROOT / "connectors" / broken.file).read_text()
    count = text.count(broken.old)
    if count != 1:
        return f"{broken.file} has the text {count} times: {broken.old}"
    try:
        ast.parse(text.replace(broken.old, broken.new))
    except SyntaxError as error:
        return f"{broken.file}, broken, is not Python any more: {error}"
    return None


def copy_tree(folder):
    """Copy what tests and checks need of this tree into a folder."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(ROOT / name, folder / name)


def attempt(connector, broken):
    """Make one break in a copy, ask the promises it should hurt, and say whether one of them failed."""
    if wrong := problem(broken):
        raise ValueError(wrong)
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        copy_tree(copy)
        file = copy / "connectors" / broken.file
        file.write_text(file.read_text().replace(broken.old, broken.new))
        options = (
            "-q",
            "-rf",
            "-x",
            "-p",
            "no:cacheprovider",
            "-m",
            "promise",
            "-k",
            broken.promises,
            "tests/contract",
        )
        environment = {**os.environ, "DOCFERRY_SUBJECT": connector, "PYTHONPATH": str(copy)}
        environment.pop("DOCFERRY_CERTIFICATE", None)
        command = [sys.executable, "-m", "pytest", *options]
        try:
            done = subprocess.run(
                command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            return Verdict(connector, broken, caught=True, by=("it hung",))
    if done.returncode not in (0, 1):
        raise ValueError(
            f"'{broken.what}' asks nothing, or nothing could be run:\n{done.stdout[-2000:]}{done.stderr[-500:]}"
        )
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    if done.returncode and not failed:
        raise ValueError(f"'{broken.what}' keeps the promises from being asked at all:\n{done.stdout[-2000:]}")
    names = dict.fromkeys(line.rpartition("::")[2].partition("[")[0].removeprefix("test_") for line in failed)
    return Verdict(connector, broken, caught=done.returncode == 1, by=tuple(names))


def table(verdicts):
    """Return the verdicts as text, with the share that was caught for each connector and in all."""
    lines = []
    for one in verdicts:
        mark = "caught " if one.caught else "MISSED "
        by = f"  <- {one.by[0]}" if one.by else ""
        lines.append(f"{mark} {one.connector:<30} {one.broken.what}{by}")
    for connector in dict.fromkeys(one.connector for one in verdicts):
        mine = [one.caught for one in verdicts if one.connector == connector]
        lines.append(f"{connector:<30} {sum(mine)} of {len(mine)}")
    caught = sum(one.caught for one in verdicts)
    return "\n".join([*lines, f"{caught} of {len(verdicts)} caught"])
