"""What `docferry init` lays out: `.env`, a first route with what it needs, and its deployment. Nothing is ever overwritten."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from cryptography.fernet import Fernet
from dotenv import dotenv_values
from pydantic import SecretStr

import mappings
from connectors.registry import providers
from connectors.settings import SettingsError, check_env_file, variable
from flows.first_route import skeleton
from flows.orchestration.deployments import FILE, SHIPPED, read_deployments

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVIDERS = ("contractfit", "documine", "hypatos", "zefort")
"""Who a first route may be between; other systems are declared first (docs/other-systems.md)."""
_ROUTES = Path(mappings.__file__).parent
_BESIDE = re.compile(r"\b(?:tables|samples|schemas)/[\w.-]+\.(?:csv|json)")
"""What a route file names that lies beside it."""


@dataclass(frozen=True, slots=True)
class Laid:
    """One file: `new`, `extended`, `kept` (it had everything), or `by hand`, with the lines that a person has to add."""

    path: str
    what: str
    lines: str = ""


def route_between(source: str, destination: str) -> str:
    """Return the name of the route to begin with: the shipped one if there is one. Raises SettingsError if there can be none."""
    for name in (source, destination):
        if name not in PROVIDERS:
            raise SettingsError(f"there is no provider {name} to begin with; known are {', '.join(PROVIDERS)}")
    if source == destination:
        raise SettingsError("a route between two accounts of one provider needs a second prefix; see docs/two-way.md")
    wanted = f"{source}_to_{destination}"
    shipped = sorted(path.stem for path in _ROUTES.glob(f"{wanted}*.yaml"))
    return shipped[0] if shipped else wanted


def asked_for(names: tuple[str, ...]) -> dict[str, bool]:
    """Return the settings without which these accounts cannot be used and that are not there yet; True: it is a secret."""
    check_env_file(".env")
    known = {name for name, value in {**dotenv_values(".env"), **os.environ}.items() if value}
    asked = {}
    for name in names:
        for field, about in providers()[name].Settings.model_fields.items():
            if about.is_required() and variable(name, field) not in known:
                asked[variable(name, field)] = about.annotation is SecretStr
    return asked


def complaint(name: str, value: str) -> str:
    """Say what is wrong with the value of a setting that was asked for; nothing if it may be right."""
    provider, _, setting = name.lower().partition("_")
    return str(providers()[provider].Settings.complaint(provider, setting, value))


def lay_out(source: str, destination: str, values: Mapping[str, str]) -> list[Laid]:
    """Write what is missing, each file whole or not at all, and those last that need the others. May be called again.

    `values` are settings for `.env`, by name; those in it stay as they are.
    """
    name = route_between(source, destination)
    folder = Path(os.environ.get("DOCFERRY_MAPPINGS") or dotenv_values(".env").get("DOCFERRY_MAPPINGS") or "mappings")
    return [_env((source, destination), values, folder), *_route(name, source, destination, folder), _deployment(name)]


def _env(names: tuple[str, ...], values: Mapping[str, str], folder: Path) -> Laid:
    path = Path(".env")
    check_env_file(path)
    before = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    there = dotenv_values(path) if before else {}
    lines = []
    if not os.environ.get("DOCFERRY_KEYS") and not there.get("DOCFERRY_KEYS"):
        lines += [
            "# Encrypts logins and recorded documents; keep a copy with your other secrets.",
            _set_to("DOCFERRY_KEYS", Fernet.generate_key().decode()),
        ]
    if not os.environ.get("DOCFERRY_MAPPINGS") and not there.get("DOCFERRY_MAPPINGS"):
        lines.append(_set_to("DOCFERRY_MAPPINGS", str(folder)))
    lines += [_set_to(key, value) for key, value in values.items() if value and not there.get(key)]
    # Without a value they would count as set; so they wait as comments.
    lines += [f"# {key}=" for key in asked_for(names) if not values.get(key) and f"# {key}=" not in before]
    if not lines:
        return Laid(str(path), "kept")
    _write(
        path, f"{before}{'' if not before or before.endswith(chr(10)) else chr(10)}{chr(10).join(lines)}\n", mode=0o600
    )
    return Laid(str(path), "extended" if before else "new")


def _set_to(name: str, value: str) -> str:
    if "${" in value:
        raise SettingsError(
            f"{name} holds ${{, which .env takes for another setting's name; set it in the environment instead"
        )
    if re.fullmatch(r"[\w./:@=+,-]*", value):
        return f"{name}={value}"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{escaped}'"


def _route(name: str, source: str, destination: str, folder: Path) -> list[Laid]:
    shipped = _ROUTES / f"{name}.yaml"
    text = shipped.read_text(encoding="utf-8") if shipped.is_file() else skeleton(source, destination)
    beside = [found for found in dict.fromkeys(_BESIDE.findall(text)) if (_ROUTES / found).is_file()]
    laid = [_new(folder / found, (_ROUTES / found).read_text(encoding="utf-8")) for found in beside]
    return [*laid, _new(folder / f"{name}.yaml", text)]


def _deployment(name: str) -> Laid:
    path = Path(FILE)
    head, *blocks = re.split(r"(?m)^(?=  - name: )", SHIPPED.read_text(encoding="utf-8"))
    for_all = [block for block in blocks if "*maintenance" in block or "*question" in block]
    own = next((block for block in blocks if block.startswith(f"  - name: {name}\n")), _block(name))
    if not path.is_file():
        return _new(path, "".join([head, own, *for_all]))
    if any(each.name == name for each in read_deployments(path)):
        return Laid(str(path), "kept")
    before = path.read_text(encoding="utf-8-sig")
    added = _block(name)
    after = f"{before.rstrip()}\n\n{added}"
    if not _only_adds(before, after):
        return Laid(str(path), "by hand", added)
    _write(path, after)
    return Laid(str(path), "extended")


def _block(name: str) -> str:
    """Return a deployment that stands for itself: it names nothing that another file would not have."""
    return f"""  - name: {name}
    entrypoint: flows.sync.sync
    description: |
      **{name.replace("_", " ")}**, every five minutes.
    tags: [docferry, route]
    parameters:
      route: {name}
    work_pool:
      name: docferry
    concurrency_limit:
      limit: 1
      collision_strategy: CANCEL_NEW
    schedules:
      - interval: 300
        anchor_date: "2026-01-01T00:00:00+00:00"
        timezone: UTC
"""


def _only_adds(before: str, after: str) -> bool:
    """Tell whether a file has all that it had, and one deployment more at the end of the list."""
    try:
        old, new = yaml.safe_load(before), yaml.safe_load(after)
    except yaml.YAMLError:
        return False
    return bool(
        new["deployments"][:-1] == old["deployments"] and {**new, "deployments": None} == {**old, "deployments": None}
    )


def _new(path: Path, text: str) -> Laid:
    if path.exists():
        return Laid(str(path), "kept")
    _write(path, text)
    return Laid(str(path), "new")


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all, where a link to it leads. Raises SettingsError if it cannot be written."""
    path = path.resolve()
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise SettingsError(
            f"{path} cannot be written ({words}); let this user write there, or call docferry init elsewhere"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
