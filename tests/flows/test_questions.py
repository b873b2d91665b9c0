"""The flows beside a route's run, against a real Prefect server: what they answer, and that no value is in it."""

from __future__ import annotations

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from flows.orchestration import questions
from flows.orchestration.forms import Request, What
from flows.orchestration.route_choice import RouteChoice
from flows.running import open_ledger
from flows.settings import load_gateway
from flows.sync import sync
from tests.flows.prefects import prefect_and_sandboxes

pytestmark = pytest.mark.timeout(240)
ROUTE = RouteChoice("hypatos_to_zefort")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with prefect_and_sandboxes(tmp_path_factory.mktemp("served")):
        yield


async def artifact(key):
    """Return the latest artifact of a key."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    async with get_client() as client:
        found = await client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=1)
    return found[0].data


async def rejects():
    async with open_ledger(load_gateway()) as ledger:
        return await ledger.rejects(ROUTE.value, 100)


async def test_daily_work_needs_no_shell(served):
    ran = await sync(ROUTE, return_state=True)
    assert (ran.name, ran.type.value) == ("NeedsAttention", "COMPLETED")
    one, *others = await rejects()

    told = await questions.explain(one.document_id, return_state=True)
    assert told.is_completed()
    shown = await artifact("explain")
    assert f"{one.document_id} on" in shown.replace("\\", "")
    assert "### Fields" in shown

    again = await questions.retry(ROUTE, [one.document_id, "no-such-id"], "the supplier was asked", return_state=True)
    assert again.is_failed()
    assert again.message == "1 due again; not known on this route: no-such-id"
    async with open_ledger(load_gateway()) as ledger:
        events = (await ledger.timeline(one.id)).events
    assert "docferry retry: the supplier was asked" in [event.detail for event in events]

    everything = await questions.retry(ROUTE, return_state=True)
    assert everything.message == f"{len(others)} due again; the next run of {ROUTE.value} takes them"

    once_more = await sync(ROUTE, Request(what=What.DRY_RUN), return_state=True)
    assert once_more.is_completed()

    same = await questions.map_diff(ROUTE, return_state=True)
    assert same.message.startswith("0 of ")

    checked = await questions.check(ROUTE, return_state=True)
    assert checked.is_completed(), checked.message
    assert "in order" in await artifact("check")


async def test_what_a_person_can_correct_is_the_run_s_message(served, monkeypatch):
    unknown = await questions.explain("4711-which-nobody-knows", return_state=True)
    assert unknown.is_failed()
    assert unknown.message.startswith("Nothing is known about it.")
    monkeypatch.setenv("ZEFORT_API_KEY", "wrong-key-of-somebody")
    refused = await questions.check(ROUTE, return_state=True)
    assert refused.is_failed()
    assert "connection zefort" in refused.message
    assert "wrong-key-of-somebody" not in refused.message + await artifact("check")
