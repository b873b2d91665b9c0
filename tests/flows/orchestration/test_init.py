"""`docferry init`: two questions, and everything for a first scheduled route; called again it destroys nothing."""

from __future__ import annotations

import stat
from itertools import permutations
from pathlib import Path

import pytest
from dotenv import dotenv_values

from connectors.settings import SettingsError
from flows import beginning
from flows.beginning import PROVIDERS, lay_out
from flows.orchestration.deployments import read_deployments
from state.vault import Vault

FOR_ALL = ["retention", "key-rotation", "sweep", "certificates", "watch", "explain", "retry", "map-diff", "check"]
"""The deployments that are about no single route."""


def files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(("source", "destination"), list(permutations(PROVIDERS, 2)))
def test_the_route_between_any_two_passes_the_lint_and_has_a_deployment(empty, docferry, source, destination):
    said = docferry("init", "--source", source, "--destination", destination, "--json").json
    assert {one["what"] for one in said["files"]} == {"new"}
    assert docferry("map", "lint", said["route"]).code == 0
    names = [each.name for each in read_deployments(empty / "prefect.yaml")]
    assert names == [said["route"], *FOR_ALL]


def test_env_has_a_key_of_its_own_and_is_for_this_user_only(empty, docferry):
    docferry("init", "--source", "hypatos", "--destination", "zefort", "--yes")
    env = empty / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    known = dotenv_values(env)
    Vault([known["DOCFERRY_KEYS"]])
    assert set(known) == {"DOCFERRY_KEYS", "DOCFERRY_MAPPINGS"}, "what is not known yet does not count as set"
    assert "# HYPATOS_CLIENT_SECRET=" in env.read_text()


def test_called_again_it_changes_nothing_and_what_was_edited_stays(empty, docferry):
    words = ("init", "--source", "hypatos", "--destination", "zefort", "--yes")
    docferry(*words)
    for path in (empty / "mappings" / "hypatos_to_zefort.yaml", empty / ".env", empty / "prefect.yaml"):
        path.write_text(path.read_text() + "# edited\n")
    before = files(empty)
    assert docferry(*words).code == 0
    assert files(empty) == before


def test_values_that_are_there_stay_and_a_second_route_is_added_behind_the_first(empty, docferry):
    (empty / ".env").write_text("ZEFORT_API_KEY=real\nDOCFERRY_KEYS=theirs")
    docferry("init", "--source", "hypatos", "--destination", "zefort", "--yes")
    docferry("init", "--source", "contractfit", "--destination", "documine", "--yes")
    known = dotenv_values(empty / ".env")
    assert (known["ZEFORT_API_KEY"], known["DOCFERRY_KEYS"]) == ("real", "theirs")
    names = [each.name for each in read_deployments(empty / "prefect.yaml")]
    assert (names[0], names[-1]) == ("hypatos_to_zefort", "contractfit_to_documine")


def test_a_file_of_deployments_that_cannot_be_added_to_is_left_and_the_lines_are_shown(empty, docferry):
    text = "deployments:\n  - {name: mine, entrypoint: a.b}\nname: last\n"
    (empty / "prefect.yaml").write_text(text)
    done = docferry("init", "--source", "hypatos", "--destination", "zefort", "--yes")
    assert (empty / "prefect.yaml").read_text() == text
    assert "Add to its deployments:" in done.out
    assert "- name: hypatos_to_zefort" in done.out


def test_interrupted_anywhere_it_leaves_whole_files_and_the_next_call_completes_them(empty, monkeypatch):
    monkeypatch.setattr(beginning.Fernet, "generate_key", lambda: b"the-same-key")
    lay_out("hypatos", "zefort", {})
    whole = files(empty)
    replace = Path.replace
    for survives in range(len(whole)):
        for name in whole:
            (empty / name).unlink()
        left = [survives]

        def interrupted(self, target, left=left):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lay_out("hypatos", "zefort", {})
        monkeypatch.setattr(Path, "replace", replace)
        there = files(empty)
        assert len(there) == survives
        assert there.items() <= whole.items()
        lay_out("hypatos", "zefort", {})
        assert files(empty) == whole


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--source", "hypatos", "--destination", "sap", "--yes"], "no provider sap to begin with"),
        (["--source", "hypatos", "--destination", "hypatos", "--yes"], "needs a second prefix"),
        (
            ["--source", "hypatos", "--yes"],
            "--destination is missing; it is one of contractfit, documine, hypatos, zefort",
        ),
    ],
)
def test_a_slip_of_the_hand_is_told_and_nothing_is_written(empty, docferry, words, sentence):
    done = docferry("init", *words)
    assert done.code == 2
    assert sentence in " ".join(done.err.split())
    assert files(empty) == {}


def test_in_a_terminal_it_asks_for_the_providers_and_for_what_is_not_set(empty, docferry, monkeypatch):
    answers = {
        "Read from which provider (contractfit, documine, hypatos, zefort)": "hypatos",
        "Write to which provider (contractfit, documine, hypatos, zefort)": "Zefort",
        "HYPATOS_CLIENT_ID (empty: later)": "client 'one'",
        "HYPATOS_CLIENT_SECRET (empty: later)": "quite # secret",
        "ZEFORT_API_KEY (empty: later)": "",
    }
    hidden = []

    def prompt(question, *, hide_input=False, **_):
        hidden.append(hide_input)
        return answers.pop(question)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", prompt)
    done = docferry("init")
    assert done.code == 0
    assert answers == {}
    assert hidden == [False, False, True, True, True], "these credentials are secrets"
    known = dotenv_values(empty / ".env")
    assert known["HYPATOS_CLIENT_ID"] == "client 'one'"
    assert known["HYPATOS_CLIENT_SECRET"] == "quite # secret"
    assert "ZEFORT_API_KEY" not in known
    assert "secret" not in done.out
    assert "docferry up" in done.out


def test_a_value_that_env_would_read_otherwise_is_refused_and_nothing_is_written(empty):
    with pytest.raises(SettingsError, match="ZEFORT_API_KEY holds"):
        lay_out("hypatos", "zefort", {"ZEFORT_API_KEY": "a${HOME}"})
    assert files(empty) == {}


def test_what_makes_no_sense_is_asked_again_at_once(empty, docferry, monkeypatch):
    answers = iter(["sap", "contractfit", "zefort", "ftp://example.com", "https://t.example.com/api", ""])
    asked = []

    def prompt(question, **_):
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", prompt)
    done = docferry("init")
    assert done.code == 0
    assert len(asked) == len(set(asked)) + 2, "the provider and the address once more"
    assert "there is no provider sap" in done.err
    assert "CONTRACTFIT_BASE_URL is wrong" in done.err
    assert dotenv_values(empty / ".env")["CONTRACTFIT_BASE_URL"] == "https://t.example.com/api"


def test_an_env_that_is_a_link_stays_one(empty, docferry):
    real = empty / "kept.elsewhere"
    real.write_text("ZEFORT_API_KEY=real\n")
    (empty / ".env").symlink_to(real)
    docferry("init", "--source", "hypatos", "--destination", "zefort", "--yes")
    assert (empty / ".env").is_symlink()
    assert set(dotenv_values(real)) >= {"ZEFORT_API_KEY", "DOCFERRY_KEYS"}


def test_where_nothing_can_be_written_it_says_so_and_what_to_do(empty, docferry):
    (empty / "mappings").write_text("a file, where a folder should be")
    done = docferry("init", "--source", "hypatos", "--destination", "zefort", "--json")
    assert done.code == 2
    assert "cannot be written" in done.json["error"]
    assert "docferry init elsewhere" in done.json["error"]
