"""What an earlier `docferry up` left behind on its server."""

from __future__ import annotations

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.orchestration.leftovers import no_longer_served
from tests.flows.prefect_server import prefect_server

pytestmark = pytest.mark.timeout(400)
HOURLY = [{"active": True, "schedule": {"interval": 3600}}]


async def test_what_the_file_does_not_have_any_more_makes_no_late_runs_and_is_named(tmp_path):
    with prefect_server(tmp_path) as server:
        flow = server.ask("POST", "/flows/", json={"name": "docferry"})["id"]
        server.ask("POST", "/work_pools/", json={"name": "theirs", "type": "process"})

        def deployed(name, **more):
            body = {"name": name, "flow_id": flow, "schedules": HOURLY, "entrypoint": "flows.sync.sync", **more}
            return server.ask("POST", "/deployments/", json=body)["id"]

        kept, gone, worker = deployed("kept"), deployed("gone"), deployed("pool", work_pool_name="theirs")
        with temporary_settings({PREFECT_API_URL: server.url}):
            assert [each.name for each in await no_longer_served([kept])] == ["gone"]
            assert [each.name for each in await no_longer_served([kept])] == ["gone"], "until somebody deletes it"
        active = {
            id_: [each["active"] for each in server.ask("GET", f"/deployments/{id_}")["schedules"]]
            for id_ in (kept, gone, worker)
        }
        assert active == {kept: [True], gone: [False], worker: [True]}
