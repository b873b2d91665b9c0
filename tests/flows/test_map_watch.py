"""`docferry map watch`: a real process, real saves, and every kind of file that an editor leaves half-written."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time

import pytest

from flows.map_watching import look
from flows.settings import Gateway

ROUTE = """\
source: hypatos.documents
destination: zefort.contracts
tables: {currencies: tables/currencies.csv}
fields:
  attributes.title: {from: entities.number, required: true}
  attributes.currency: {from: entities.currency, lookup: currencies}
tests:
  - name: titled
    input: samples/one.json
    expect: {attributes.title: A, attributes.currency: EUR}
"""


@pytest.fixture
def folder(empty):
    """Return a folder with one route, its table and the document of its test."""
    path = empty / "routes"
    for name, text in {
        "one.yaml": ROUTE,
        "tables/currencies.csv": "key,value\n€,EUR\n",
        "samples/one.json": '{"entities": {"number": "A", "currency": "€"}}',
    }.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


class Watching:
    """A `docferry map watch` whose lines can be waited for."""

    def __init__(self, folder):
        environment = {**os.environ, "DOCFERRY_MAPPINGS": str(folder), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flows", "map", "watch", "one"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip())

    def until(self, *words):
        """Return all lines up to the one that has the last of these words; each must have come by then."""
        seen, end = [], time.monotonic() + 60
        for word in words:
            while not any(word in line for line in seen):
                assert time.monotonic() < end, (word, seen)
                try:
                    seen.append(self._lines.get(timeout=0.2))
                except queue.Empty:
                    assert self.process.poll() is None, (self.process.stderr.read(), seen)
        return seen


@pytest.fixture
def watching(folder):
    """Watch the route; the process is ended afterwards."""
    started = Watching(folder)
    yield started
    started.process.kill()
    started.process.wait()


def test_every_save_is_tested_and_what_it_changed_is_shown_until_ctrl_c(folder, watching):
    route, table, sample = folder / "one.yaml", folder / "tables" / "currencies.csv", folder / "samples" / "one.json"
    watching.until("one  1 passed, 100 %", "attributes.currency", "Ctrl-C ends")

    table.write_text("key,value\n€,XEU\n")
    watching.until("tables/currencies.csv", 'expected "EUR", got "XEU"', "now fails: titled", '"EUR" → "XEU"')

    route.write_text(ROUTE.replace("from: entities.number", "form: entities.number"))  # half an edit
    watching.until("one.yaml:5:22: unknown key 'form'")

    table.write_text("key,value\n€,EUR\n")  # the route cannot be used yet
    watching.until("tables/currencies.csv", "unknown key 'form'")

    mended = folder / "one.yaml~"  # as editors save: a new file takes the place of the old one
    mended.write_text(ROUTE.replace("fields:\n", "vars: {idle: entities.number}\nfields:\n  note: entities.number\n"))
    mended.replace(route)
    watching.until(
        "unused-var", "lint  1 warning", "one  1 passed", "now passes: titled", '"XEU" → "EUR"', '+ note = "A"'
    )

    sample.write_text('{"entities": ')
    watching.until("samples/one.json", "this is not JSON", "now fails: titled")
    sample.write_text('{"entities": {"number": "A", "currency": "€", "more": 1}}')
    watching.until("samples/one.json", "1 passed", "now passes: titled")

    route.unlink()
    watching.until("there is no such file")
    (folder / "README.md").write_text("of no concern")
    route.write_text(ROUTE)
    watching.until("lint  nothing found", "one  1 passed", "- note")

    watching.process.send_signal(signal.SIGINT)
    _, errors = watching.process.communicate(timeout=30)
    assert (watching.process.returncode, errors) == (0, "")


def test_no_half_saved_file_ends_the_watching(folder):
    gateway = Gateway(_env_file=None, mappings=folder)
    for name in ("one.yaml", "tables/currencies.csv", "samples/one.json"):
        whole = (folder / name).read_bytes()
        for length in range(0, len(whole), 3):
            (folder / name).write_bytes(whole[:length])
            now = look(gateway, "one")
            assert now.tested.problems or now.tested.trials or now.tested.route
        (folder / name).write_bytes(whole)


def test_an_unknown_route_is_refused_at_once(docferry, folder, monkeypatch):
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    ended = docferry("map", "watch", "onne")
    assert ended.code == 2
    assert "Did you mean 'one'?" in ended.err


def test_a_route_without_tests_is_looked_at_too(folder):
    (folder / "one.yaml").write_text(ROUTE.partition("tests:")[0])
    seen = look(Gateway(mappings=folder), "one")
    assert seen.tested.route is not None
    assert seen.preview is None
