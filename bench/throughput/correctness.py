"""What a program loses or doubles when it is killed, when a document is refused, and when the list moves under its feet."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from measuring import server, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from measuring import Ended, Server
    from programs import Program

    Tell = Callable[["Story", Program, Path], None]

KILLED, REFUSED, MENDED, TEN, ALL = "killed", "refused", "mended", "ten", "all"
_HEADINGS = {
    KILLED: "kill -9 after 1,000, 3 runs",
    REFUSED: "one 422, 3 runs",
    MENDED: "its cause mended, 2 runs",
    TEN: "list loses 10 a page",
    ALL: "list loses each page",
}


@dataclass
class Story:
    """One program in one configuration; `told` has a sentence for each thing that was done to it."""

    program: str
    config: str
    told: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def heading() -> str:
        """Return the line of names."""
        return f"{'program':<16}{'configuration':<38}" + "".join(f"{text:<40}" for text in _HEADINGS.values())

    def line(self) -> str:
        """Return the story as it is printed."""
        return f"{self.program:<16}{self.config:<38}" + "".join(f"{self.told.get(name, ''):<40}" for name in _HEADINGS)

    def as_json(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self)


def stories(documents: int) -> Iterator[tuple[str, Tell]]:
    """Return what is done, by name."""
    for name, world in (
        (KILLED, {"mark": documents // 2}),
        (REFUSED, {"refused": [777]}),
        (TEN, {"loses": 10}),
        (ALL, {"loses": 100}),
    ):
        yield name, _teller(name, {"documents": documents, **world})


def _teller(name: str, world: dict[str, object]) -> Tell:
    def tell(story: Story, program: Program, folder: Path) -> None:
        with server(world) as providers:
            {KILLED: _killed, REFUSED: _refused}.get(name, _listed)(story, program, folder, providers, name)

    return tell


def _run(program: Program, folder: Path, providers: Server) -> Ended:
    return start(program.command, program.environment(providers.url, folder), folder).end()


def _counts(providers: Server) -> str:
    held = providers.result()
    again = f", {held['told_twice']} told twice" if held["told_twice"] else ""
    return f"{held['missing']} missing, {held['doubles']} doubles{again}"


def _killed(story: Story, program: Program, folder: Path, providers: Server, name: str) -> None:
    running = start(program.command, program.environment(providers.url, folder), folder)
    assert providers.process.stdout is not None
    if providers.process.stdout.readline().strip() != "mark":
        raise RuntimeError("it never sent that many")
    running.kill()
    running.end()
    for _ in range(3):
        _run(program, folder, providers)
    story.told[name] = _counts(providers)


def _refused(story: Story, program: Program, folder: Path, providers: Server, name: str) -> None:
    codes = [_run(program, folder, providers).code for _ in range(3)]
    held = providers.result()
    story.told[name] = f"{held['delivered']} there, {held['doubles']} doubles (rc {', '.join(map(str, codes))})"
    providers.change(refused=[])
    for _ in range(2):
        _run(program, folder, providers)
    story.told[MENDED] = _counts(providers)
    if program.peer is None and providers.result()["missing"]:
        # Why it was refused is known to nobody here, so a person says that it may be sent again.
        again = (*program.command[:2], "retry", "shop_to_erp")
        start(again, program.environment(providers.url, folder), folder).end()
        _run(program, folder, providers)
        story.told[MENDED] += f"; {providers.result()['missing']} after `retry`"


def _listed(story: Story, program: Program, folder: Path, providers: Server, name: str) -> None:
    _run(program, folder, providers)
    story.told[name] = _counts(providers)
