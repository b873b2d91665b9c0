"""The certificate: runs the contract suite against the connectors' sandboxes and scores which promises each one keeps."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from state.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS = ("bronze", "silver", "gold", "platinum")
"""From usable to unshakeable. A connector has the highest level whose promises, and those of all lower ones, it keeps."""
SUITE = Path(__file__).parents[1] / "tests" / "contract"
Result = Literal["kept", "broken", "waived", "exempt"]


@dataclass(frozen=True, slots=True)
class Promise:
    """What became of one promise. `waived` counts as not kept, `exempt` (it cannot be asked here) neither way."""

    name: str
    level: str
    result: Result
    reason: str

    @property
    def sentence(self) -> str:
        """The promise in words."""
        return self.name.removeprefix("test_").replace("_", " ")


@dataclass(frozen=True, slots=True)
class Score:
    """What one connector keeps. `connector` is provider, stream and role, joined by dots."""

    connector: str
    promises: Sequence[Promise]

    @property
    def level(self) -> str:
        """The highest level with all promises kept, "none" if not even the lowest is."""
        reached = "none"
        for level in LEVELS:
            if any(one.level == level and one.result in ("broken", "waived") for one in self.promises):
                break
            reached = level
        return reached

    @property
    def label(self) -> str:
        """The level, and how many of all promises it was asked where some could not be."""
        asked = len(self.promises) - len(self.having("exempt"))
        return self.level if asked == len(self.promises) else f"{self.level} ({asked} of {len(self.promises)} asked)"

    def kept(self, level: str) -> tuple[int, int]:
        """Return how many promises of a level are kept, and how many were asked for."""
        asked = [one for one in self.promises if one.level == level and one.result != "exempt"]
        return sum(one.result == "kept" for one in asked), len(asked)

    def having(self, result: Result) -> list[Promise]:
        """Return the promises that came out like this."""
        return [one for one in self.promises if one.result == result]

    def as_json(self) -> dict[str, object]:
        """Return what `read` reads."""
        return {"level": self.level, "promises": [asdict(one) for one in self.promises]}


async def certify(connector: str | None = None) -> list[Score]:
    """Ask all connectors, or one (`zefort`, `zefort.contracts.destination`), every promise of the suite.

    Raises SettingError if there is no such connector or the suite is not there: it comes with the source tree only.
    """
    if not SUITE.is_dir():
        raise SettingError(f"the contract suite is not installed; certify runs in a source tree ({SUITE} is missing)")
    known = sorted(file.stem for file in (SUITE / "subjects").glob("*.py"))
    if connector and connector.partition(".")[0] not in known:
        raise SettingError(f"no connector is called {connector}; there are {', '.join(known)}")
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "certificate.json"
        asked = {"DOCFERRY_CERTIFICATE": str(result), "DOCFERRY_SUBJECT": connector or ""}
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "promise", str(SUITE))
        running = await asyncio.create_subprocess_exec(
            *command, cwd=SUITE.parents[1], env={**os.environ, **asked}, stdout=sys.stderr, stderr=sys.stderr
        )
        await running.wait()
        scores = read(result.read_text()) if result.exists() else []
    if not scores:
        raise SettingError(f"no connector is called {connector}" if connector else "the contract suite did not run")
    return scores


def read(text: str) -> list[Score]:
    """Read results as the suite or `docferry certify --json` wrote them."""
    found = cast("Mapping[str, Mapping[str, Sequence[Mapping[str, str]]]]", json.loads(text)["connectors"])
    return [
        Score(name, [Promise(one["name"], one["level"], cast("Result", one["result"]), one["reason"]) for one in asked])
        for name, asked in ((name, entry["promises"]) for name, entry in found.items())
    ]


def as_json(scores: Sequence[Score]) -> dict[str, object]:
    """Return the scores as one JSON object."""
    return {"connectors": {score.connector: score.as_json() for score in scores}}


def markdown(scores: Sequence[Score]) -> str:
    """Return the scores as a table."""
    lines = [f"| connector | level | {' | '.join(LEVELS)} |", f"|---|---|{'---|' * len(LEVELS)}"]
    for score in scores:
        counts = " | ".join("{} of {}".format(*score.kept(level)) for level in LEVELS)
        lines.append(f"| {score.connector} | **{score.level}**{score.label.removeprefix(score.level)} | {counts} |")
    return "\n".join(lines)


def reasons(scores: Sequence[Score]) -> str:
    """Return, connector by connector, what is not kept or cannot be asked and why; promises of one reason stand together."""
    parts: list[str] = []
    for score in scores:
        by_reason: dict[tuple[str, str], list[str]] = {}
        for result, words in NOT_KEPT.items():
            for one in score.having(result):
                by_reason.setdefault((words, one.reason or "no reason is given"), []).append(one.sentence)
        if by_reason:
            parts += [f"## {score.connector}", ""]
        for (words, reason), sentences in by_reason.items():
            parts += [f"{words.capitalize()}: {reason}.", "", *(f"- {one}" for one in sentences), ""]
    return "\n".join(parts).rstrip()


NOT_KEPT: Mapping[Result, str] = {"broken": "broken", "waived": "not kept", "exempt": "cannot be asked"}
