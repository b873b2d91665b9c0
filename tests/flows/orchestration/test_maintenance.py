"""The flows beside the sync, each as a run of a real server."""

from __future__ import annotations

import os

import pytest
from cryptography.fernet import Fernet
from prefect.testing.utilities import prefect_test_harness

from flows.orchestration.maintenance import certificates, key_rotation, retention, sweep

pytestmark = [pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server():
    """Start one server for all of these."""
    with prefect_test_harness(server_startup_timeout=300):
        yield


async def ended(flow, **parameters):
    """Run a flow; return its final state."""
    return await flow(**parameters, return_state=True)


async def test_retention_says_what_went(server, accounts):
    state = await ended(retention, older_than_days=30, dry_run=True)
    assert state.is_completed()
    assert state.message == "The ledger has no documents yet" or state.message.startswith("would go: 0 events")


async def test_key_rotation_says_whether_earlier_keys_may_go(server, accounts, monkeypatch):
    state = await ended(key_rotation)
    assert (state.name, state.message) == ("Skipped", "DOCFERRY_KEYS is not set, so nothing is encrypted with it")
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("DOCFERRY_KEYS", old)
    assert (await ended(key_rotation)).message.endswith("all is encrypted with the only key")
    monkeypatch.setenv("DOCFERRY_KEYS", f"{new},{old}")
    assert "the keys behind the first one may go" in (await ended(key_rotation)).message
    monkeypatch.setenv("DOCFERRY_KEYS", new)
    assert (await ended(key_rotation)).is_completed(), "and they may"


async def test_a_sweep_takes_every_route_whose_accounts_are_set(server, accounts, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("CONTRACTFIT_", "DOCUMINE_"))]:
        monkeypatch.delenv(name)
    state = await ended(sweep)
    assert state.name == "NeedsAttention", "the sample data has documents that are rejected"
    assert "hypatos_to_zefort: 10 listed, 6 delivered" in state.message
    assert "zefort_to_hypatos_master_data" in state.message
    assert "contractfit" not in state.message


async def test_a_failure_of_one_route_keeps_no_other_from_being_swept(server, accounts, monkeypatch):
    monkeypatch.setenv("CONTRACTFIT_BASE_URL", "not an address")
    monkeypatch.delenv("DOCUMINE_BASE_URL", raising=False)
    state = await ended(sweep)
    assert state.is_failed()
    assert "contractfit_to_zefort: CONTRACTFIT_BASE_URL is wrong" in state.message
    assert "hypatos_to_zefort: 10 listed, 6 delivered" in state.message


async def test_certificates_of_sandboxes_need_no_look(server, accounts):
    state = await ended(certificates)
    assert state.is_completed()
    assert "without TLS: nothing to look at" in state.message


async def test_a_certificate_that_nobody_can_see_fails_the_flow(server, accounts, monkeypatch):
    monkeypatch.setenv("ZEFORT_BASE_URL", "https://localhost:9/api")
    state = await ended(certificates)
    assert state.is_failed()
    assert "https://localhost:9 (zefort): no connection" in state.message
