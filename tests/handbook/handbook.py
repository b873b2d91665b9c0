"""The handbook as tests read it: its sections, the commands in them, and what each command is said to print."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "handbook.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """A command with the lines that it is said to print, or (`by_hand`) what a person does between two of them."""

    text: str
    by_hand: bool = False
    prints: list[str] = field(default_factory=list)

    def words(self, names: dict[str, str]) -> list[str]:
        """Return the command's words, with what `names` has in the place of the handbook's examples."""
        return [names.get(word, word) for word in shlex.split(self.text)]

    def missing(self, said: str) -> list[str]:
        """Return the lines that were not printed. They must come in their order; `…` stands for anything."""
        lines = [" ".join(line.split()) for line in said.splitlines()]
        absent = []
        for wanted in self.prints:
            pattern = re.compile(".*?".join(re.escape(part) for part in re.split(" ?… ?", " ".join(wanted.split()))))
            at = next((number for number, line in enumerate(lines) if pattern.search(line)), None)
            if at is None:
                absent.append(wanted)
            else:
                lines = lines[at + 1 :]
        return absent


def sections() -> dict[str, list[Step]]:
    """Return the steps of every section that has any, by its heading."""
    parts = re.split(r"^#{2,3} (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {title: _steps(body) for title, body in zip(parts[1::2], parts[2::2], strict=True)}
    return {title: steps for title, steps in found.items() if steps}


def _steps(body: str) -> list[Step]:
    steps: list[Step] = []
    for block in _BLOCK.findall(body):
        for line in block.splitlines():
            if line.startswith(("$ ", "# ")):
                steps.append(Step(line[2:], by_hand=line.startswith("# ")))
            else:
                steps[-1].prints.append(line)
    return steps
