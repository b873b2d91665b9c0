"""Credentials in the vault: kept by command, used by runs, shown nowhere; and what `check` says of where settings are from."""

from __future__ import annotations

import io
import logging
import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.ledgers import KEY, dump, url_in

OTHER = Fernet.generate_key().decode()


@pytest.fixture
def vaulted(any_ledger, accounts, tmp_path, monkeypatch, typed, docferry):
    """Both accounts with all that is secret of them in the vault, and nowhere else. Returns the secrets by name."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("DOCFERRY_STATE_URL", url_in(tmp_path))
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    secrets = {}
    for provider, setting in (("hypatos", "client_id"), ("hypatos", "client_secret"), ("zefort", "api_key")):
        secrets[f"{provider}_{setting}".upper()] = accounts[provider][setting]
        monkeypatch.delenv(f"{provider}_{setting}".upper())
        typed(accounts[provider][setting] + "\n")
        assert docferry("credentials", "set", provider, setting).code == 0
    return secrets


@pytest.fixture
def typed(monkeypatch):
    """Say what the next command reads on stdin."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def from_where(check: dict, connection: str) -> dict[str, str]:
    (found,) = [one for one in check["checks"] if one["what"] == f"connection {connection}" and one["settings"]]
    return {one["name"]: one["place"] for one in found["settings"]}


def test_a_route_runs_on_what_is_in_the_vault_and_no_output_log_or_database_shows_a_secret(
    vaulted, docferry, caplog, any_ledger, tmp_path
):
    caplog.set_level(logging.DEBUG)
    said = [docferry("check", "hypatos_to_zefort"), docferry("--verbose", "run", "hypatos_to_zefort", "--json")]
    assert [one.code for one in said] == [0, 1], said
    assert said[1].json["delivered"] > 0
    said += [docferry("check", "--json"), docferry("credentials", "list"), docferry("credentials", "list", "--json")]
    texts = [part for one in said for part in (one.out, one.err)] + [caplog.text, dump(any_ledger)]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for name, secret in vaulted.items():
        assert not any(secret in text for text in texts), name
        assert not any(secret.encode() in content for content in files), name
    assert "HYPATOS_CLIENT_SECRET" in said[0].out


def test_check_says_of_every_setting_where_it_is_from_and_of_defaults_only_on_request(vaulted, docferry, monkeypatch):
    Path(".env").write_text("HYPATOS_PAGE_SIZE=20\n")
    monkeypatch.setenv("ZEFORT_API_KEY", vaulted["ZEFORT_API_KEY"])
    found = docferry("check", "hypatos_to_zefort", "--json").json
    hypatos = from_where(found, "hypatos")
    assert hypatos["HYPATOS_BASE_URL"] == "the environment"
    assert hypatos["HYPATOS_PAGE_SIZE"] == ".env"
    assert hypatos["HYPATOS_CLIENT_ID"] == hypatos["HYPATOS_CLIENT_SECRET"] == "the vault"
    assert hypatos["HYPATOS_PROJECTS"] == "default"
    (key,) = [one for item in found["checks"] for one in item["settings"] if one["name"] == "ZEFORT_API_KEY"]
    assert key == {"name": "ZEFORT_API_KEY", "place": "the environment", "hides": ["the vault"]}
    brief, full = docferry("check", "hypatos_to_zefort").out, docferry("check", "hypatos_to_zefort", "--defaults").out
    assert "from the vault: HYPATOS_CLIENT_ID, HYPATOS_CLIENT_SECRET" in brief
    assert "ZEFORT_API_KEY (there is one in the vault too)" in brief
    assert "HYPATOS_PROJECTS" not in brief
    assert "HYPATOS_PROJECTS" in full


def test_a_name_that_is_nearly_a_setting_is_told_and_one_of_another_account_is_not(vaulted, docferry, monkeypatch):
    monkeypatch.setenv("HYPATOS_PROJECT", "p1")
    monkeypatch.setenv("HYPATOS_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("HYPATOS_US_PROVIDER", "hypatos")
    monkeypatch.setenv("HYPATOS_US_CLIENT_SECRET", "another account's")
    found = docferry("check", "hypatos_to_zefort", "--json")
    notes = [one["says"] for one in found.json["checks"] if one["warning"]]
    assert "HYPATOS_PROJECT (the environment) is no setting of hypatos; did you mean HYPATOS_PROJECTS?" in notes
    assert "HYPATOS_SERVICE_HOST (the environment) is no setting of hypatos" in notes
    assert not any("HYPATOS_US" in note for note in notes)
    assert (found.code, found.json["ok"]) == (0, True), "it may be meant for another program"


def test_routes_between_accounts_that_only_the_vault_knows_are_in_use(vaulted, accounts, docferry, typed, monkeypatch):
    for provider in ("hypatos", "zefort"):
        typed(accounts[provider]["base_url"])
        assert docferry("credentials", "set", provider, "base_url").code == 0
    for name in [name for name in os.environ if name.startswith(("HYPATOS_", "ZEFORT_", "CONTRACTFIT_", "DOCUMINE_"))]:
        monkeypatch.delenv(name)
    ended = docferry("check", "--json")
    says = {one["what"]: one["says"] for one in ended.json["checks"]}
    assert ended.code == 0
    assert says["route hypatos_to_zefort"].startswith("hypatos.documents to zefort.contracts")
    assert says["route contractfit_to_zefort"] == "not in use: nothing is set for contractfit"


def test_the_list_shows_when_the_vault_was_changed_and_the_way_out_takes_one_away(vaulted, docferry):
    listed = docferry("credentials", "list", "--json").json["settings"]
    changed = {one["name"]: one["changed"] for one in listed}
    assert changed["HYPATOS_CLIENT_SECRET"]
    assert changed["HYPATOS_BASE_URL"] is None
    assert docferry("credentials", "remove", "hypatos", "HYPATOS_CLIENT_SECRET").code == 0
    again = docferry("credentials", "remove", "hypatos", "client_secret")
    assert (again.code, "It has client_id" in again.err) == (1, True)
    missing = docferry("check", "hypatos_to_zefort")
    assert missing.code == 2
    assert "HYPATOS_CLIENT_SECRET is not set (looked in the environment, .env (no such file)" in missing.out
    assert "the vault, no Prefect block: PREFECT_API_URL is not set)" in missing.out
    assert "docferry credentials set hypatos client_secret" in missing.out


@pytest.mark.parametrize(
    ("words", "value", "said"),
    [
        (("hypatos", "client_secrt"), "x", "did you mean client_secret?"),
        (("hypatos", "provider"), "x", "set HYPATOS_PROVIDER in the environment or in .env"),
        (("hypatoss", "client_secret"), "x", "did you mean hypatos?"),
        (("hypatos", "client_secret"), " \n", "no value of HYPATOS_CLIENT_SECRET was given"),
        (("hypatos", "max_rate"), "hunter2", "HYPATOS_MAX_RATE is wrong: "),
        (("hypatos", "base_url"), "http://hunter2.example.com", "must begin with https"),
    ],
)
def test_what_cannot_be_a_setting_is_refused_in_one_sentence_without_the_value(
    vaulted, docferry, typed, words, value, said
):
    before = docferry("credentials", "list", "--json").json
    typed(value)
    ended = docferry("credentials", "set", *words)
    assert (ended.code, said in ended.err, "hunter2" in ended.err + ended.out) == (2, True, False)
    assert docferry("credentials", "list", "--json").json == before


def test_without_a_key_nothing_is_kept_and_the_next_step_is_told(accounts, docferry, typed):
    typed("x")
    ended = docferry("credentials", "set", "hypatos", "client_secret")
    assert (ended.code, "DOCFERRY_KEYS is not set" in ended.err) == (2, True)


def test_a_run_with_a_new_key_first_frees_the_vault_from_the_old_one(vaulted, docferry, monkeypatch):
    monkeypatch.setenv("DOCFERRY_KEYS", f"{OTHER},{KEY}")
    assert docferry("run", "hypatos_to_zefort").code == 1
    monkeypatch.setenv("DOCFERRY_KEYS", OTHER)
    assert docferry("check", "hypatos_to_zefort").code == 0
    assert docferry("state", "doctor").code == 0


def test_workers_that_are_given_the_new_key_behind_the_old_one_first_never_stop_while_keys_are_rotated(
    vaulted, docferry, monkeypatch
):
    def ends(keys):
        monkeypatch.setenv("DOCFERRY_KEYS", keys)
        return docferry("status").code

    old, new, both = KEY, OTHER, f"{KEY},{OTHER}"
    assert [ends(keys) for keys in (both, old, both)] == [0, 0, 0], "as long as the new one is not in front anywhere"
    assert [ends(keys) for keys in (f"{new},{old}", both, f"{new},{old}")] == [0, 0, 0], "then it may come to the front"
    assert ends(old) == 2, "who has the old one alone stops, and touches nothing"
