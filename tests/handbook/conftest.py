"""One route between two sandboxes, seeded with trouble; and whoever types what the handbook says."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import mappings
from flows import output
from tests.flows.conftest import Ended, accounts, docferry, empty  # noqa: F401 -- pytest finds fixtures here
from tests.handbook.handbook import sections
from tests.ledgers import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

ROUTE = "hypatos_to_zefort"


class Gateway:
    """An installation with one route, and the accounts at its ends as the handbook's reader finds them."""

    def __init__(self, sandboxes: dict[str, dict[str, str]], folder: Path) -> None:
        self._accounts = sandboxes
        self.mappings = folder

    def settings(self, provider: str) -> dict[str, str]:
        """Return the settings of an account at a sandbox."""
        return {name: value for name, value in self._accounts[provider].items() if name != "control"}

    def post(self, provider: str, what: str, **data: Any) -> Any:
        """Tell a sandbox something: `switches`, `reset`, `act`."""
        return httpx.post(self._accounts[provider]["control"] + what, json=data).raise_for_status().json()

    def trouble(self, provider: str, **fault: Any) -> None:
        """Have a sandbox commit this fault from now on; none if none is given."""
        self.post(provider, "switches", faults=[fault] if fault else [])

    def state(self, provider: str) -> dict[str, Any]:
        """Return all that a sandbox holds."""
        return httpx.get(self._accounts[provider]["control"] + "state").json()

    def contracts(self) -> dict[str, list[str]]:
        """Return the ids of the contracts at the destination by the document that each was made from."""
        found: dict[str, list[str]] = {}
        for id_, contract in self.state("zefort")["contracts"].items():
            found.setdefault(contract["notes"][0].rpartition(":")[2], []).append(id_)
        return found

    def like_another(self) -> dict[str, Any]:
        """Return what a new document takes to be like the others: the route wants it and rejects nothing of it."""
        return {
            "entities": {
                "documentType": "invoice",
                "number": "RE-4711",
                "issuedAt": "24.03.2026",
                "currency": "EUR",
                "totalAmount": 119.5,
                "supplier": {"name": "Example Oy", "id": "S-1", "vatId": "FI12345678", "country": "FI"},
            }
        }

    def doubled(self) -> list[str]:
        """Name the documents that the destination holds more than once."""
        return [document for document, ids in self.contracts().items() if len(ids) > 1]

    def untold(self) -> list[str]:
        """Name the documents that the destination holds and of which the source was not told."""
        documents = self.state("hypatos")["documents"]
        return [name for name in self.contracts() if documents[name]["external_id"] is None]


@pytest.fixture(scope="session")
def sandboxes():
    """Start the sandboxes in a process of their own, once for all incidents; each sets them up anew."""
    command = [sys.executable, "-m", "connectors.sandbox", "--documents", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture
def gateway(accounts, monkeypatch, tmp_path):  # noqa: F811 -- pytest's way of asking for a fixture
    """Set up one route in a folder of its own; of its seven documents none is rejected as long as all is well."""
    shipped = Path(mappings.__file__).parent
    folder = tmp_path / "routes"
    shutil.copytree(shipped / "tables", folder / "tables")
    shutil.copy(shipped / f"{ROUTE}.yaml", folder)
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    monkeypatch.setenv("DOCFERRY_PATIENCE", "1")
    for console in (output.out, output.err):  # they know their width since they were made, where COLUMNS was set
        monkeypatch.setattr(console, "_width", 250)
    # What is minutes for whoever reads the handbook: the time after which a call without an answer may be made again.
    monkeypatch.setenv("HYPATOS_SETTLE_SECONDS", "0.2")
    monkeypatch.setenv("HYPATOS_VERIFY_WITHIN", "0.2")
    monkeypatch.setenv("ZEFORT_SETTLE_SECONDS", "0.2")
    it = Gateway(accounts, folder)
    it.post("zefort", "switches", latency=0.0)
    it.post("hypatos", "reset", documents=7)
    return it


@pytest.fixture
def play(docferry, monkeypatch):  # noqa: F811 -- pytest's way of asking for a fixture
    """Type the commands of a section, as they stand in the handbook, and check what they print."""

    def typed(words: list[str]) -> Ended:
        if words[0] != "docferry":
            done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
            return Ended(done.returncode, done.stdout, done.stderr)
        if "<" in words:
            *words, _, file = words
            monkeypatch.setattr(sys, "stdin", io.StringIO(Path(file).read_text(encoding="utf-8")))
        return docferry(*words[1:])

    def play(section: str, *by_hand: Callable[[], object], **names: str) -> list[Ended]:
        doing = iter(by_hand)
        ended = []
        for step in sections()[section]:
            if step.by_hand:
                next(doing)()
                continue
            ended.append(typed(step.words(names)))
            said = ended[-1].out + ended[-1].err
            assert not step.missing(said), f"$ {step.text}\n{said}"
        assert next(doing, None) is None, "the handbook has fewer steps by hand"
        return ended

    return play


class Twin:
    """A document that a pair of routes carries back and forth, as one of its sides shows it."""

    def __init__(self, gateway: Gateway, provider: str, kind: str, fields: str) -> None:
        self._gateway, self._provider, self._kind, self._fields = gateway, provider, kind, fields
        (self.document,) = gateway.state(provider)[kind]

    def edit(self, title: str) -> None:
        """Change the title as a person would."""
        self._gateway.post(self._provider, "act", edit=self.document, **{self._fields: {"title": title}})

    @property
    def title(self) -> str:
        """What this side shows."""
        shown = self._gateway.state(self._provider)[self._kind][self.document]
        return str(shown.get(self._fields, shown)["title"])


@pytest.fixture
def twins(gateway, docferry, monkeypatch):  # noqa: F811 -- pytest's way of asking for a fixture
    """Set up a pair of routes whose conflicts a person decides; return a document of the left and its copy on the right."""
    (gateway.mappings / f"{ROUTE}.yaml").unlink()
    for here, there, reads, writes in (
        ("left", "right", "documents", "contracts"),
        ("right", "left", "contracts", "documents"),
    ):
        title = {"documents": "title", "contracts": "attributes.title"}
        (gateway.mappings / f"{here}_to_{there}.yaml").write_text(
            f"source: {here}.{reads}\ndestination: {there}.{writes}\nfiles: main\n"
            f"two_way: {{with: {there}_to_{here}, conflict: hold}}\n"
            f"fields:\n  {title[writes]}: {{from: {title[reads]}, required: true}}\n",
            encoding="utf-8",
        )
    for side, provider in (("LEFT", "example"), ("RIGHT", "zefort")):
        monkeypatch.setenv(f"{side}_PROVIDER", provider)
        for name, value in gateway.settings(provider).items():
            monkeypatch.setenv(f"{side}_{name}".upper(), value)
        monkeypatch.setenv(f"{side}_SETTLE_SECONDS", "0.2")
    monkeypatch.setenv("RIGHT_SWEEP_HOURS", "0")
    gateway.post("zefort", "switches", ai=False, queued=0.0, processing=0.0)
    gateway.post("example", "reset", documents=1)
    for route in ("left_to_right", "right_to_left"):
        docferry("run", route)
    return Twin(gateway, "example", "documents", "fields"), Twin(gateway, "zefort", "contracts", "attributes")
