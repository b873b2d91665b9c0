"""The `docferry` command and the key of the state: DOCFERRY_KEYS end to end, and what is said when a key is lost."""

import io
import sqlite3
from pathlib import Path

from cryptography.fernet import Fernet

from tests.flows.test_command import ROUTE, contracts
from tests.ledgers import KEY
from tests.ledgers import rows as asked
from tests.postgres import throw_away_schema

KEY_FILE = Path(".docferry/state.db.key")


def rows(table):
    with sqlite3.connect(".docferry/state.db") as database:
        return database.execute(f"SELECT * FROM {table}").fetchall()


def held(accounts):
    """Return what a doubled step would change; statuses move by themselves."""
    kept = ("parties", "notes", "files", "tags", "binders")
    return {key: {name: one[name] for name in kept} for key, one in contracts(accounts).items()}


def test_with_keys_the_token_is_kept_encrypted_and_used_again(accounts, docferry, monkeypatch):
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("DOCFERRY_KEYS", key)
    assert docferry("run", ROUTE, "--json").json["complete"]
    ((connection, encrypted, _),) = rows("token")
    assert connection == "hypatos"
    assert len(Fernet(key).decrypt(encrypted.encode())) > 20
    assert not KEY_FILE.exists()
    again = docferry("run", ROUTE, "--json").json
    assert (again["delivered"], again["updated"], again["complete"]) == (0, 0, True)
    monkeypatch.setenv("DOCFERRY_KEYS", Fernet.generate_key().decode())
    wrong = docferry("run", ROUTE)
    assert wrong.code == 2
    assert "put the one it was used with behind the new one" in " ".join(wrong.err.split())
    monkeypatch.delenv("DOCFERRY_KEYS")
    assert docferry("status").code == 2


def test_a_lost_key_file_stops_every_command_and_rekey_goes_on_without_doubling(accounts, docferry):
    assert docferry("run", ROUTE, "--json").json["complete"]
    before = held(accounts)
    KEY_FILE.unlink()
    for words in (("run", ROUTE), ("status",), ("explain", "x"), ("retry", ROUTE)):
        ended = docferry(*words)
        assert (ended.code, "docferry state rekey" in " ".join(ended.err.split())) == (2, True)
    assert docferry("state", "rekey", "--yes", "--json").json["rekeyed"] > 0
    assert KEY_FILE.exists()
    assert docferry("run", ROUTE, "--json").json["complete"]
    assert held(accounts) == before


def test_a_ledger_moves_to_postgresql_and_back_by_two_commands_each_and_runs_go_on(accounts, docferry, monkeypatch):
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    assert docferry("run", ROUTE, "--json").json["complete"]
    before, file_url = held(accounts), "sqlite:///.docferry/state.db"
    exported = docferry("state", "export", "ledger.gz", "--json").json
    assert (exported["key"], exported["running"]) == ("inside", [])
    with throw_away_schema() as url:
        monkeypatch.setenv("DOCFERRY_STATE_URL", url)
        imported = docferry("state", "import", "ledger.gz", "--json").json
        assert {**imported["rows"], "lease": 0} == {**exported["rows"], "lease": 0}
        assert docferry("state", "doctor", "--json").code == 0
        told = docferry("check", ROUTE, "--json").json["checks"][0]
        assert (told["what"], "schema test_" in told["says"]) == ("state", True)
        again = docferry("run", ROUTE, "--json").json
        assert (again["delivered"], again["updated"], again["complete"]) == (0, 0, True)
        taken = docferry("state", "import", "ledger.gz")
        assert (taken.code, "--replace" in taken.err) == (2, True)
        assert docferry("state", "export", "back.gz").code == 0
    monkeypatch.setenv("DOCFERRY_STATE_URL", file_url)
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        refused = docferry("state", "import", "back.gz", "--replace")
        assert (refused.code, "nothing was changed" in refused.err) == (2, True)
    assert docferry("state", "import", "back.gz", "--replace", "--yes").code == 0
    assert docferry("run", ROUTE, "--json").json["complete"]
    assert held(accounts) == before


def test_history_is_pruned_and_runs_go_on(accounts, docferry):
    assert docferry("run", ROUTE, "--json").json["complete"]
    before = held(accounts)
    would = docferry("state", "prune", "--older-than", "0d", "--dry-run", "--json").json
    done = docferry("state", "prune", "--older-than", "0d", "--compact", "--json").json
    assert (done["events"], done["documents"]) == (would["events"], would["of"])
    assert done["events"] > 10
    assert done["unused_bytes"] == 0
    assert docferry("run", ROUTE, "--json").json["complete"]
    assert held(accounts) == before
    assert docferry("state", "prune", "--older-than", "ninety").code == 2
    unknown = docferry("state", "prune", "--older-than", "0d", "--route", "no_such_route")
    assert (unknown.code, f"it has {ROUTE}" in unknown.err) == (2, True)
    assert docferry("state", "doctor").code == 0


def test_the_doctor_ends_with_one_where_there_are_findings_and_upgrade_check_where_one_is_due(empty, docferry):
    assert docferry("state", "upgrade", "--check", "--json").code == 1
    missing = docferry("state", "doctor", "--json")
    assert (missing.code, missing.json["findings"][0]["next_step"]) == (1, "docferry state upgrade, then this again")
    assert docferry("state", "upgrade", "--json").json["upgraded"] is True
    assert docferry("state", "upgrade", "--check").code == 0
    assert docferry("state", "doctor").code == 0
    KEY_FILE.write_text("lost")
    asked("sqlite:///.docferry/state.db", "INSERT INTO fingerprint_key (id, proof) VALUES (1, 'x')")
    found = docferry("state", "doctor")
    assert found.code == 1
    assert "look key" in found.out
    assert "next:" in found.out


def test_settings_that_are_wrong_and_files_that_are_none_are_one_sentence(empty, docferry, monkeypatch):
    (empty / "letter").write_text("to a friend")
    ended = docferry("state", "import", "letter", "--json")
    assert (ended.code, ended.json["exit_code"]) == (2, 2)
    assert docferry("state", "export", "absent/folder/x").code == 3
    monkeypatch.setenv("DOCFERRY_STATE_URL", "postgresql://user:hunter2222@127.0.0.1:1/db")
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    for words in (("upgrade", "--check"), ("doctor",), ("export", "x"), ("prune", "--older-than", "9d", "--compact")):
        ended = docferry("state", *words)
        assert ended.code == 3
        assert "cannot be reached" in ended.err
        assert "hunter2222" not in ended.err + ended.out
