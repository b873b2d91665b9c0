"""The `docferry` command as people and scripts use it: words, exit codes, JSON."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import httpx

import mappings

ROUTE = "hypatos_to_zefort"


def one_sentence(ended) -> str:
    """Return what the command complained about; it must not be a traceback."""
    assert "Traceback" not in ended.err + ended.out
    lines = [line for line in ended.err.splitlines() if line.startswith("docferry:")]
    assert lines, ended.err
    return ended.err


def contracts(accounts) -> dict:
    """Return the contracts that the destination holds."""
    return httpx.get(accounts["zefort"]["control"] + "state").json()["contracts"]


def documents_asked_for(accounts) -> int:
    """Return how many requests the source has had."""
    return httpx.get(accounts["hypatos"]["control"] + "state").json()["requests"]["total"]


def test_a_run_delivers_and_says_so_in_a_table_and_in_json(accounts, docferry):
    dry = docferry("run", ROUTE, "--dry-run", "--json")
    assert dry.json["dry_run"]
    assert dry.json["delivered"] > 0
    assert contracts(accounts) == {}

    first = docferry("run", ROUTE, "--json")
    report = first.json
    needed = "route run_id listed delivered updated unchanged rejected failed skipped owed_feedback requests seconds complete"
    assert set(needed.split()) <= set(report)
    assert report["adds_up"]
    assert report["complete"]
    assert report["delivered"] == dry.json["delivered"] == len(contracts(accounts))
    assert report["rejected"] == dry.json["rejected"]
    assert first.code == (1 if report["rejected"] else 0)

    second = docferry("run", ROUTE)
    assert second.code == 0
    assert "the counts add up" in second.out
    assert len(contracts(accounts)) == report["delivered"]


def test_explain_shows_both_ids_and_finds_a_document_by_either(accounts, docferry):
    docferry("run", ROUTE)
    external_id = next(iter(contracts(accounts)))
    by_contract = docferry("explain", external_id, "--json").json["found"][0]
    assert by_contract["external_id"] == external_id
    by_document = docferry("explain", by_contract["document_id"])
    assert by_document.code == 0
    assert external_id in by_document.out
    assert "delivered" in by_document.out
    assert docferry("explain", "nobody").code == 1


def test_status_tells_which_documents_were_rejected_and_why(accounts, docferry):
    docferry("run", ROUTE)
    told = docferry("status", ROUTE, "--json").json["routes"][0]
    assert len(told["rejects"]) == told["statuses"]["rejected"] > 0
    shown = docferry("status", ROUTE).out
    for each in told["rejects"]:
        assert each["document_id"] in shown
        assert each["reason_class"] == "data"
        assert each["reason"].split()[0] in shown
    assert "docferry explain DOCUMENT" in shown


def test_status_shows_counts_and_retry_makes_rejected_documents_due_again(accounts, docferry):
    rejected = docferry("run", ROUTE, "--json").json["rejected"]
    assert rejected, "the twelve sample documents must hold one that is rejected"
    assert docferry("status", ROUTE, "--json").json["routes"][0]["statuses"]["rejected"] == rejected
    assert "rejected" in docferry("status", ROUTE).out
    assert docferry("retry", ROUTE, "--json").json == {
        "route": ROUTE,
        "due": rejected,
        "waiting": [],
        "unknown": [],
        "messages": 0,
    }
    assert docferry("status", "--json").json["routes"][0]["statuses"]["pending"] == rejected


def test_retry_names_what_is_unknown_and_what_waits_anyway(accounts, docferry):
    docferry("run", ROUTE, "--json")
    (this, *_) = [each["document_id"] for each in docferry("status", ROUTE, "--json").json["routes"][0]["rejects"]]
    told = docferry("retry", ROUTE, "no-such-document", this)
    assert (told.code, "Not known on this route: no-such-document." in told.err) == (1, True)
    again = docferry("retry", ROUTE, this)
    assert (again.code, f"To be delivered anyway: {this}." in again.out) == (0, True)
    assert docferry("retry", ROUTE, this, "x", "--json").json == {
        "route": ROUTE,
        "due": 0,
        "waiting": [this],
        "unknown": ["x"],
        "messages": 0,
    }


def test_a_rejected_document_goes_out_by_itself_once_the_mapping_was_mended(accounts, docferry, monkeypatch, tmp_path):
    folder = shutil.copytree(Path(mappings.__file__).parent, tmp_path / "routes")
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    route = folder / f"{ROUTE}.yaml"
    good = route.read_text()
    route.write_text(good.replace("entities.totalAmount, type: decimal", "entities.totalAmount, type: date", 1))
    assert docferry("run", ROUTE, "--json").json["delivered"] == 0
    assert contracts(accounts) == {}
    route.write_text(good)
    mended = docferry("run", ROUTE, "--json").json
    assert mended["woken"] == mended["delivered"] == len(contracts(accounts)) > 0


def test_check_is_green_with_good_settings_and_names_what_is_wrong_with_bad_ones(accounts, docferry, monkeypatch):
    assert docferry("check").code == 0
    monkeypatch.setenv("ZEFORT_API_KEY", "wrong-key-4711")
    ended = docferry("check", "--json")
    assert ended.code == 3
    bad = [item for item in ended.json["checks"] if not item["ok"]]
    assert [item["what"] for item in bad] == ["connection zefort"]
    assert "wrong-key-4711" not in ended.out + ended.err
    monkeypatch.delenv("ZEFORT_API_KEY")
    assert docferry("check").code == 2


def test_routes_between_accounts_that_are_not_set_up_do_not_count_unless_asked_for(accounts, docferry, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("CONTRACTFIT_", "DOCUMINE_"))]:
        monkeypatch.delenv(name)
    ended = docferry("check", "--json")
    assert ended.code == 0
    assert any("not in use: nothing is set for contractfit" in item["says"] for item in ended.json["checks"])
    assert docferry("check", "contractfit_to_zefort").code == 2


def test_the_version_is_told(empty, docferry):
    told = docferry("--version")
    assert (told.code, told.out) == (0, f"docferry {metadata.version('docferry')}\n")


def test_a_missing_setting_an_unknown_route_and_a_broken_route_each_give_one_sentence(empty, docferry, monkeypatch):
    missing = docferry("run", ROUTE)
    assert missing.code == 2
    for name in ("HYPATOS_CLIENT_ID", "HYPATOS_CLIENT_SECRET", "ZEFORT_API_KEY"):
        assert name in one_sentence(missing)
    unknown = docferry("run", "hypatos_to_zefrot")
    assert unknown.code == 2
    assert "Did you mean 'hypatos_to_zefort'" in one_sentence(unknown)

    folder = shutil.copytree(Path(mappings.__file__).parent, empty / "routes")
    route = folder / f"{ROUTE}.yaml"
    route.write_text(route.read_text().replace("required: true", "requird: true", 1))
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    broken = docferry("run", ROUTE, "--json")
    assert broken.code == 2
    assert "did you mean 'required'" in broken.json["error"]
    line = next(n for n, text in enumerate(route.read_text().splitlines(), 1) if "requird" in text)
    assert f"{ROUTE}.yaml:{line}:" in broken.json["error"]

    misdirected = folder / "other.yaml"
    misdirected.write_text(
        "source: hypatos.documents\ndestination: zefort.contracts\nfields: {attributes.title: title}\n"
        "feedback: {delivered: {transfr: true}}\n"
    )
    for name in ("HYPATOS_CLIENT_ID", "HYPATOS_CLIENT_SECRET", "ZEFORT_API_KEY"):
        monkeypatch.setenv(name, "some-value")
    wrong = docferry("run", "other")
    assert wrong.code == 2
    assert "other.yaml:4:" in one_sentence(wrong)
    assert "did you mean 'transfer'" in wrong.err


def test_a_wrong_key_stops_the_run_with_exit_code_three_and_loses_nothing(accounts, docferry, monkeypatch):
    key = accounts["zefort"]["api_key"]
    monkeypatch.setenv("ZEFORT_API_KEY", "wrong-key-4711")
    ended = docferry("run", ROUTE, "--json")
    assert ended.code == 3
    assert "401" in ended.json["stopped"]
    assert "wrong-key-4711" not in ended.out + ended.err
    monkeypatch.setenv("ZEFORT_API_KEY", key)
    assert docferry("run", ROUTE, "--json").json["complete"]
    assert contracts(accounts)


def test_a_locked_ledger_and_one_that_is_no_database_each_give_one_sentence(accounts, docferry, monkeypatch, tmp_path):
    (tmp_path / "not.db").write_text(
        "this is a text file, and long enough to be taken for a header of one hundred bytes" * 3
    )
    monkeypatch.setenv("DOCFERRY_STATE_URL", f"sqlite:///{tmp_path}/not.db")
    ended = docferry("run", ROUTE)
    assert ended.code == 3
    assert "is not a database" in one_sentence(ended)
    monkeypatch.setenv("DOCFERRY_STATE_URL", "mysql://somewhere")
    assert docferry("status").code == 2
    monkeypatch.setenv("DOCFERRY_STATE_URL", f"sqlite:///{tmp_path}/state.db?nonsense=1")
    ended = docferry("run", ROUTE)
    assert ended.code == 2
    assert "the option nonsense" in one_sentence(ended)


def test_a_full_disk_stops_the_run_in_one_sentence_and_the_next_run_finishes(accounts, docferry, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCFERRY_STATE_URL", f"sqlite:///{tmp_path}/state.db")
    docferry("status")
    with sqlite3.connect(tmp_path / "state.db") as database:
        pages = database.execute("PRAGMA page_count").fetchone()[0]
    script = tmp_path / "full.py"
    # The page limit belongs to a connection, so the child sets it on every one that is opened.
    script.write_text(
        "import sys\n"
        "from sqlalchemy import event\n"
        "from sqlalchemy.engine import Engine\n"
        "@event.listens_for(Engine, 'connect')\n"
        "def limit(connection, _):\n"
        f"    connection.execute('PRAGMA max_page_count={pages + 2}')\n"
        "from flows.__main__ import main\n"
        f"sys.argv = ['docferry', 'run', '{ROUTE}']\n"
        "main()\n"
    )
    full = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert full.returncode == 3, full.stderr
    assert "disk is full" in full.stdout + full.stderr
    assert "Traceback" not in full.stdout + full.stderr
    report = docferry("run", ROUTE, "--json").json
    assert report["complete"]
    assert len(contracts(accounts)) == len({item["notes"][0] for item in contracts(accounts).values()})
    assert report["delivered"] + report["resumed"] + report["listed"] > 0


def test_ctrl_c_finishes_what_is_under_way_and_the_next_run_goes_on(accounts, docferry):
    for provider in ("hypatos", "zefort"):
        httpx.post(accounts[provider]["control"] + "switches", json={"latency": 0.1}).raise_for_status()
    command = [sys.executable, "-m", "flows", "run", ROUTE, "--json"]
    environment = {**os.environ, "DOCFERRY_IN_FLIGHT": "2"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        until = time.monotonic() + 30
        while not contracts(accounts) and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    report = json.loads(out)
    assert report["interrupted"]
    assert report["adds_up"]
    assert all(item["notes"] for item in contracts(accounts).values()), "what was under way was finished"
    for provider in ("hypatos", "zefort"):
        httpx.post(accounts[provider]["control"] + "switches", json={"latency": 0.0}).raise_for_status()
    assert docferry("run", ROUTE, "--json").json["complete"]


def test_a_second_run_of_the_same_route_leaves_at_once_and_says_who_is_running(accounts, docferry):
    httpx.post(accounts["hypatos"]["control"] + "switches", json={"latency": 0.2}).raise_for_status()
    command = [sys.executable, "-m", "flows", "run", ROUTE, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 30
        while not documents_asked_for(accounts) and time.monotonic() < until:
            time.sleep(0.05)
        second = docferry("run", ROUTE)
        assert second.code == 3
        assert str(process.pid) in one_sentence(second)
        process.communicate(timeout=60)
        assert process.returncode in (0, 1)
    httpx.post(accounts["hypatos"]["control"] + "switches", json={"latency": 0.0}).raise_for_status()


def test_an_empty_id_is_refused_before_anything_is_opened(empty, docferry):
    ended = docferry("run", ROUTE, "--document", "")
    assert (ended.code, "id is empty" in one_sentence(ended)) == (2, True)
    assert not (empty / ".docferry").exists()
