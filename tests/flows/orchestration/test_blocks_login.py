"""Prefect's blocks at a real Prefect server that asks for a login."""

from __future__ import annotations

import httpx
import pytest

from tests.flows.prefect_server import prefect_server
from tests.ledgers import KEY

pytestmark = pytest.mark.timeout(240)
LOGIN = ("admin", "a-password-of-4711")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a server and make a block type known to it, as far as it matters here."""
    with prefect_server(tmp_path_factory.mktemp("prefect"), LOGIN) as started:
        kind = started.ask("POST", "/block_types/", json={"name": "Zefort Credentials", "slug": "zefort-credentials"})
        fields = {"type": "object", "properties": {}, "secret_fields": ["api_key"], "block_schema_references": {}}
        started.ask("POST", "/block_schemas/", json={"fields": fields, "block_type_id": kind["id"]})
        yield started


@pytest.fixture
def in_block(server, accounts, monkeypatch):
    """Put the Zefort account into a block, and nowhere else."""
    for name in ("BASE_URL", "API_KEY"):
        monkeypatch.delenv(f"ZEFORT_{name}")
    monkeypatch.setenv("PREFECT_API_URL", server.url)
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    data = {name: accounts["zefort"][name] for name in ("base_url", "api_key")}
    server.fill_in("zefort-credentials", "zefort", data)
    return data


def test_a_server_with_a_login_gives_the_block_to_whoever_has_it_and_is_not_warned_of(in_block, docferry, monkeypatch):
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", ":".join(LOGIN))
    checked = docferry("check", "hypatos_to_zefort", "--json")
    assert checked.code == 0
    assert not any("without a login" in one["says"] for one in checked.json["checks"])
    (key,) = [one for item in checked.json["checks"] for one in item["settings"] if one["name"] == "ZEFORT_API_KEY"]
    assert key["place"] == "Prefect block zefort-credentials/zefort"


def test_without_the_login_the_block_is_refused_and_the_account_is_missed(in_block, server, docferry, monkeypatch):
    path = "/block_types/slug/zefort-credentials/block_documents/name/zefort?include_secrets=true"
    assert httpx.get(server.url + path, trust_env=False).status_code == 401
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "admin:wrong-4711")
    ended = docferry("run", "hypatos_to_zefort")
    assert ended.code == 2
    assert f"Prefect block zefort-credentials/zefort ({server.url} answers 401)" in ended.err
    assert "wrong-4711" not in ended.err
