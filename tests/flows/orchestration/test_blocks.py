"""Prefect's blocks with the credentials of providers, at a real Prefect server that asks for no login."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib import import_module
from typing import get_args

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr, ValidationError

from flows.block_place import PROVIDERS, block_name
from flows.orchestration import blocks
from tests.flows.prefect_server import prefect_server
from tests.ledgers import KEY

pytestmark = pytest.mark.timeout(240)

KINDS = {
    "contractfit": blocks.ContractfitCredentials,
    "documine": blocks.DocumineCredentials,
    "hypatos": blocks.HypatosCredentials,
    "zefort": blocks.ZefortCredentials,
}
NAME = "Prefect block hypatos-credentials/hypatos"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a server and make the block types known to it."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as started:
        said = started.prefect("block", "register", "-m", blocks.__name__).stdout
        assert all(name in said for name in map(type_name, KINDS)), said
        yield started


@pytest.fixture
def in_block(server, accounts, monkeypatch):
    """Put the Hypatos account into a block, as its form saves it, and nowhere else; return what the form held."""
    for name in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"HYPATOS_{name}")
    monkeypatch.setenv("PREFECT_API_URL", server.url)
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    data = {name: accounts["hypatos"][name] for name in ("base_url", "client_id", "client_secret")}
    server.fill_in("hypatos-credentials", "hypatos", data)
    return data


def type_name(provider: str) -> str:
    return KINDS[provider].get_block_type_name()


def places(check: dict) -> dict[str, str]:
    return {one["name"]: one["place"] for item in check["checks"] for one in item["settings"]}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_fields_of_a_block_are_settings_of_its_provider_and_what_one_needs_to_get_in_is_there(provider):
    kind, settings = KINDS[provider], import_module(f"connectors.{provider}").Settings
    fields, known = kind.model_fields, settings.model_fields
    for name, field in fields.items():
        secret = field.annotation is SecretStr
        assert secret == (name in settings.secrets()), name
        assert field.is_required() == known[name].is_required(), name
        if not field.is_required() and not secret:
            assert field.default == (known[name].default or ""), name
        if get_args(field.annotation):
            assert field.annotation == known[name].annotation, name
        assert all((field.title, field.description, field.examples)), name
    assert settings.secrets() | {name for name, field in known.items() if field.is_required()} <= fields.keys()
    assert kind.get_block_type_slug() == block_name(provider, "x").partition("/")[0]
    assert kind.get_description()


def test_prefects_own_command_registers_one_form_for_each_provider(server):
    for kind in KINDS.values():
        found = server.ask("GET", f"/block_types/slug/{kind.get_block_type_slug()}")
        wanted = {"block_schemas": {"block_type_id": {"any_": [found["id"]]}}}
        (schema,) = server.ask("POST", "/block_schemas/filter", json=wanted)
        shown = schema["fields"]
        assert found["description"] == kind.get_description()
        secret = {name for name, field in kind.model_fields.items() if field.annotation is SecretStr}
        assert set(shown["secret_fields"]) == secret
        assert all(shown["properties"][name]["format"] == "password" for name in secret)
        assert set(shown["required"]) == {name for name, field in kind.model_fields.items() if field.is_required()}


def test_a_run_takes_an_account_from_the_block_of_its_name_and_check_says_so_and_warns(in_block, server, docferry):
    checked = docferry("check", "hypatos_to_zefort", "--json")
    assert checked.code == 0
    found = places(checked.json)
    assert found["HYPATOS_BASE_URL"] == found["HYPATOS_CLIENT_ID"] == found["HYPATOS_CLIENT_SECRET"] == NAME
    (warning,) = [one["says"] for one in checked.json["checks"] if one["warning"] and "login" in one["says"]]
    assert "docferry credentials set hypatos client_id" in warning
    assert f"from {NAME}: HYPATOS_BASE_URL" in docferry("check", "hypatos_to_zefort").out
    ran = docferry("run", "hypatos_to_zefort", "--json")
    assert ran.json["delivered"] > 0
    assert in_block["client_secret"] not in ran.out + ran.err + checked.out + checked.err


def test_what_the_vault_has_comes_before_the_block(in_block, docferry, monkeypatch):
    for name, value in in_block.items():
        monkeypatch.setattr("sys.stdin", io.StringIO(value))
        assert docferry("credentials", "set", "hypatos", name).code == 0
    listed = {one["name"]: one for one in docferry("credentials", "list", "--json").json["settings"]}
    assert listed["HYPATOS_CLIENT_SECRET"]["place"] == "the vault"
    assert listed["HYPATOS_CLIENT_SECRET"]["also_in"] == [NAME]


def test_a_block_cannot_have_the_secret_of_another_place_sent_to_its_own_address(
    in_block, docferry, server, monkeypatch
):
    monkeypatch.setenv("HYPATOS_CLIENT_SECRET", in_block["client_secret"])
    server.fill_in("hypatos-credentials", "hypatos", in_block | {"base_url": "https://evil.example.com"})
    for words in (("check", "hypatos_to_zefort"), ("run", "hypatos_to_zefort")):
        ended = docferry(*words)
        assert ended.code == 2
        assert (
            f"HYPATOS_BASE_URL is from {NAME}, but HYPATOS_CLIENT_SECRET from the environment" in ended.out + ended.err
        )


def test_the_address_that_a_form_fills_in_by_itself_is_not_the_blocks_word(in_block, docferry, server, monkeypatch):
    default = KINDS["hypatos"].model_fields["base_url"].default
    server.fill_in("hypatos-credentials", "hypatos", in_block | {"base_url": default})
    monkeypatch.setenv("HYPATOS_CLIENT_SECRET", in_block["client_secret"])
    monkeypatch.setattr("flows.account_checks._PATIENCE", 0)
    assert places(docferry("check", "hypatos_to_zefort", "--json").json)["HYPATOS_BASE_URL"] == "default"


def test_an_account_without_a_block_or_a_server_is_missed_in_words_that_name_both(in_block, docferry, monkeypatch):
    monkeypatch.setenv("HYPATOS_US_PROVIDER", "hypatos")
    monkeypatch.setattr("sys.stdin", io.StringIO("x"))
    assert docferry("credentials", "set", "hypatos_us", "client_id").code == 0
    assert (
        docferry("connect", "hypatos_us").err.count("Prefect block hypatos-credentials/hypatos-us (no such block)") == 1
    )
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    ended = docferry("run", "hypatos_to_zefort")
    assert ended.code == 2
    assert f"{NAME} (http://127.0.0.1:9/api gives no answer)" in ended.err


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/api", "nonsense"])
def test_a_run_needs_neither_prefect_nor_its_server_if_its_settings_are_elsewhere(accounts, empty, url):
    program = (
        "import atexit, sys; from flows.__main__ import main; "
        "atexit.register(lambda: print('LOADED', 'prefect' in sys.modules, file=sys.stderr)); "
        "sys.argv = ['docferry', 'run', 'hypatos_to_zefort', '--json']; main()"
    )
    environment = {**os.environ, "PREFECT_API_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert json.loads(done.stdout)["delivered"] > 0
    assert "LOADED False" in done.stderr


def test_a_flow_of_ones_own_tests_the_connection_of_a_block_and_gets_a_client(in_block, server, tmp_path):
    program = tmp_path / "mine.py"
    program.write_text(
        "import asyncio\n"
        "from prefect import flow\n"
        "from flows.orchestration.blocks import HypatosCredentials\n"
        "@flow\n"
        "async def mine():\n"
        "    block = await HypatosCredentials.load('hypatos')\n"
        "    print(await block.test_connection())\n"
        "    async with block.get_client() as client:\n"
        "        print(client.name, *client.sources)\n"
        "asyncio.run(mine())\n"
    )
    said = server.python(str(program))
    tested, client = said.stdout.splitlines()
    assert tested.startswith("hypatos: the credentials work; ")
    assert client == "hypatos documents"
    assert in_block["client_secret"] not in said.stderr


async def test_a_block_whose_credentials_are_refused_says_so_in_one_sentence(accounts):
    block = blocks.ZefortCredentials(base_url=accounts["zefort"]["base_url"], api_key=SecretStr("hunter2-wrong-key"))
    with pytest.raises(ValueError, match="zefort") as caught:
        await block.test_connection()
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (
            "hypatos",
            {"client_id": "i", "client_secret": "hunter2", "base_url": "http://a.example.com"},
            "must begin with https",
        ),
        ("zefort", {"api_key": ""}, "at least 1"),
        (
            "contractfit",
            {"base_url": "https://a.example.com", "username": "hunter2"},
            "neither are both user name and password",
        ),
        (
            "contractfit",
            {"base_url": "https://a.example.com", "api_key": "hunter2", "login": "none"},
            "'token' or 'basic'",
        ),
    ],
)
def test_a_block_refuses_what_no_account_can_be_opened_with_and_does_not_show_it(kind, values, said):
    with pytest.raises(ValidationError) as caught:
        KINDS[kind](**values)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_what_the_docs_say_of_a_server_without_a_login_is_so(in_block, server):
    """The facts of docs/credentials.md: everybody reads the secrets, and the key lies beside what it encrypts."""
    path = "/block_types/slug/hypatos-credentials/block_documents/name/hypatos"
    assert server.ask("GET", path)["data"]["client_secret"] == "********"
    assert server.ask("GET", path, params={"include_secrets": True})["data"] == in_block
    with closing(sqlite3.connect(server.database)) as database:
        (kept,) = database.execute("SELECT value FROM configuration WHERE key = 'ENCRYPTION_KEY'").fetchone()
        rows = [row for (row,) in database.execute("SELECT data FROM block_document")]
    key = Fernet(json.loads(kept)["fernet_key"])
    opened = [json.loads(key.decrypt(row.strip('"'))) for row in rows if "gAAAA" in row]
    assert in_block in opened
    assert not any(in_block["client_secret"] in row for row in rows)
