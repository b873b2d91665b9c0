"""The `docferry` command where pipes close, disks are full, locales know few letters, ports are taken, locks are held."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from tests.flows.test_command import ROUTE, one_sentence

DOCFERRY = [sys.executable, "-m", "flows"]
BARE_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def run(*words, shell=None, environment=None):
    """Run the command in a process of its own; `shell` says what is done with its streams."""
    through = ["bash", "-c", f'"$@" {shell}', "bash"] if shell is not None else []
    env = {**os.environ, **(environment or {})}
    ended = subprocess.run([*through, *DOCFERRY, *words], capture_output=True, env=env, timeout=60, check=False)
    assert b"Traceback" not in ended.stderr, ended.stderr.decode()
    assert b"Exception ignored" not in ended.stderr, ended.stderr.decode()
    return ended


@pytest.mark.parametrize(
    ("words", "code"), [(["--help"], 0), (["status"], 0), (["status", "--json"], 0), (["run", "nope", "--json"], 2)]
)
def test_a_reader_who_has_gone_does_not_change_the_exit_code(empty, words, code):
    assert run(*words, shell='> >(exec <&-); exit "$?"').returncode == code
    assert run(*words, shell='| (exec <&-); exit "${PIPESTATUS[0]}"').returncode == code


def test_a_run_whose_report_nobody_reads_ends_with_its_own_code(accounts):
    assert run("run", ROUTE, shell='| true; exit "${PIPESTATUS[0]}"').returncode == 1, "some documents are rejected"
    assert run("run", ROUTE, shell='| true; exit "${PIPESTATUS[0]}"').returncode == 0


def test_a_full_stderr_does_not_change_the_exit_code_and_a_full_stdout_is_told(empty):
    assert run("run", "nope", shell="2>/dev/full").returncode == 2
    for words in (["status"], ["status", "--json"]):
        full = run(*words, shell=">/dev/full")
        assert full.returncode == 3
        assert full.stderr.decode().count("the output cannot be written (No space left on device)") == 1


def test_a_closed_stdout_is_refused_where_json_should_go_and_does_not_matter_elsewhere(empty):
    closed = run("run", "nope", "--json", shell=">&-")
    assert (closed.returncode, closed.stderr.decode().count("docferry: stdout is closed")) == (3, 1)
    assert not (empty / ".docferry").exists()
    assert run("status", shell=">&-").returncode == 0
    assert run("run", "nope", shell="2>&-").returncode == 2


def test_a_closed_stdin_answers_no_question(empty):
    assert run("status").returncode == 0
    assert run("state", "export", "ledger.gz").returncode == 0
    refused = run("state", "import", "ledger.gz", "--replace", shell="<&-")
    assert refused.returncode == 2
    assert b"docferry: nothing was changed; answer y, or give --yes" in refused.stderr


def test_json_is_whole_in_a_locale_that_knows_no_umlauts(empty):
    ended = run("run", "Größe", "--json", environment=BARE_LOCALE)
    assert ended.returncode == 2
    assert "There is no route 'Größe'" in json.loads(ended.stdout)["error"]
    assert json.loads(run("explain", "é", "--json", environment=BARE_LOCALE).stdout)["document"] == "é"


def test_words_and_tables_are_printed_in_a_locale_that_knows_no_umlauts(empty):
    ended = run("explain", "é", environment=BARE_LOCALE)
    assert ended.returncode == 1
    assert b"Nothing is known about" in ended.stderr
    assert run("--help", environment=BARE_LOCALE).returncode == 0
    assert run("status", environment=BARE_LOCALE).returncode == 0


@pytest.mark.parametrize("words", [["run", ROUTE], ["run", ROUTE, "--json"]])
def test_ctrl_c_while_the_command_is_being_loaded_is_one_sentence(empty, words):
    # The handler is in place before anything heavy is loaded, and loading takes several tenths of a second.
    script = (
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'rich.console':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from flows.__main__ import main\n"
        f"sys.argv = ['docferry', *{words!r}]\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 130
    assert ended.stderr == "docferry: stopped before anything was begun\n"
    assert [json.loads(ended.stdout)["exit_code"]] == [130] if "--json" in words else ended.stdout == ""


def test_ctrl_c_in_a_command_that_only_looks_is_one_sentence_too(accounts, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {**os.environ, "ZEFORT_BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/api"}
        with subprocess.Popen(
            [*DOCFERRY, "check", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        ) as process:
            silent.settimeout(30)
            silent.accept()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert json.loads(out)["exit_code"] == 130
    assert b"nothing is lost" in err
    assert b"Traceback" not in err


def test_a_port_in_use_and_one_that_does_not_exist_are_one_sentence(empty):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("sandbox", "--hypatos-port", str(port), "--zefort-port", "0")
    assert ended.returncode == 2
    assert ended.stderr.decode() == f"docferry: port {port} is in use; use --hypatos-port 0 for a free one\n"
    ended = run("sandbox", "--zefort-port", "99999")
    assert ended.returncode == 2
    assert b"Invalid value for '--zefort-port'" in ended.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("words", [["run", ROUTE], ["check"], ["status"]])
def test_an_env_file_in_another_encoding_is_named_with_its_line(empty, docferry, encoding, words):
    (empty / ".env").write_bytes("DOCFERRY_KEYS=\nHYPATOS_CLIENT_ID=Größe\n".encode(encoding))
    ended = docferry(*words)
    assert ended.code == 2
    assert f".env, line {2 if encoding == 'latin-1' else 1}: " in one_sentence(ended)


@pytest.mark.parametrize("value", ["inf", "nan", "-1"])
def test_a_patience_without_end_is_refused(empty, docferry, monkeypatch, value):
    monkeypatch.setenv("DOCFERRY_PATIENCE", value)
    ended = docferry("status")
    assert ended.code == 2
    assert "DOCFERRY_PATIENCE" in one_sentence(ended)


@pytest.mark.parametrize("command", ["run", "retry"])
def test_who_waits_for_the_ledgers_lock_says_so(accounts, docferry, command):
    docferry("status")
    database = sqlite3.connect(".docferry/state.db", isolation_level=None, check_same_thread=False)
    database.execute("BEGIN IMMEDIATE")

    def let_go():
        database.execute("ROLLBACK")

    letting_go = threading.Timer(6, let_go)
    letting_go.start()
    began = time.monotonic()
    ended = docferry(command, ROUTE)
    letting_go.join()
    database.close()
    assert time.monotonic() - began > 2
    assert ended.code in (0, 1)
    said = " ".join(ended.err.split())
    assert said.count("waiting for the ledger") == 1
    assert "or this machine is busy" in said, "whoever reads this must not look for a program that there may not be"
    assert "waiting for the ledger" not in docferry(command, ROUTE).err


def test_making_the_ledger_is_not_taken_for_a_lock(empty, docferry, monkeypatch):
    monkeypatch.setattr("flows.running._SOON", 0.0)
    said = " ".join(docferry("status").err.split())
    assert "opening the ledger takes long: its tables are being made or upgraded, or another program" in said
    assert "lock" not in said


def test_a_misspelt_route_makes_no_ledger(empty, docferry):
    assert docferry("run", "nope").code == 2
    assert docferry("run", "nope", "--dry-run").code == 2
    assert not (empty / ".docferry").exists()


def test_one_is_not_told_as_many(accounts, docferry):
    docferry("run", ROUTE)
    assert "knows 1 route\n" in docferry("check").out
    (this, *_) = [each["document_id"] for each in docferry("status", ROUTE, "--json").json["routes"][0]["rejects"]]
    assert docferry("retry", ROUTE, this).out.startswith("1 document is due again.")


def test_what_a_step_keeps_in_several_lines_is_one_line_of_the_timeline(accounts, docferry):
    docferry("run", ROUTE)
    with sqlite3.connect(".docferry/state.db") as database:
        database.execute("UPDATE step SET result = 'amount' || char(10) || 'number' WHERE name = 'create'")
        (document,) = database.execute("SELECT document_id FROM transfer WHERE external_id IS NOT NULL").fetchone()
    database.close()
    assert any(line.endswith("amount, number") for line in docferry("explain", document).out.splitlines())


def test_a_document_that_is_not_at_the_source_is_told_so_by_a_dry_run(accounts, docferry):
    dry = docferry("run", ROUTE, "--dry-run", "--json", "--document", "a-slip-of-the-hand")
    assert (dry.json["failed"], dry.json["rejected"], dry.json["adds_up"], dry.code) == (1, 0, True, 1)
    assert dry.json["problems"][0]["reason"].startswith("not at the source: ")
    assert "not at the source" in docferry("run", ROUTE, "--document", "a-slip-of-the-hand").out


def test_ids_in_a_timeline_can_be_copied_from_a_narrow_terminal(accounts, docferry):
    docferry("run", ROUTE)
    with sqlite3.connect(".docferry/state.db") as database:
        document, contract = database.execute(
            "SELECT document_id, external_id FROM transfer WHERE external_id IS NOT NULL"
        ).fetchone()
    lines = run("explain", document, environment={"COLUMNS": "16"}).stdout.decode().splitlines()
    assert sum(contract in line for line in lines) >= 3


def test_advice_follows_a_sentence_with_one_full_stop(accounts, docferry, monkeypatch):
    monkeypatch.setenv("ZEFORT_API_KEY", "wrong-key-4711")
    says = [item["says"] for item in docferry("check", "--json").json["checks"] if not item["ok"]]
    assert len(says) == 1
    assert ". Renew the credentials" in says[0]
    assert ".." not in says[0]
