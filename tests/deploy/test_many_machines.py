"""From one machine to many, on one: two replicas of Prefect's API on PostgreSQL and Redis, three workers, one route."""

import asyncio
import json
import time
from contextlib import suppress

import pytest
import yaml

from tests.deploy.cluster import cluster, kill_tree
from tests.deploy.known import DEPLOY, ROOT
from tests.deploy.witness import Witness
from tests.flows.workers import ROUTE, Office
from tests.ledgers import rows
from tests.postgres import throw_away_schema

WORKERS = 3
POOL = "docferry"
RUNNING = "SELECT count(*) FROM run WHERE state = 'running'"
FINISHED = "SELECT counts FROM run WHERE state = 'finished'"
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class SharedOffice(Office):
    """An office whose workers are Prefect's, and whose source is watched."""

    def __init__(self, folder, state_url, documents):
        super().__init__(folder, state_url, documents, lease=10.0)
        self.witness = Witness(self.hypatos, self.zefort)

    def _apps(self):
        return {"hypatos": Watched(self.hypatos, self), "zefort": self.zefort}

    def settings(self, urls):
        """Return the settings of a worker."""
        made = dict(self._settings) | {"DOCFERRY_MAPPINGS": str(self._folder / "shared"), "DOCFERRY_IN_FLIGHT": "8"}
        for name, app in self._apps().items():
            more = {"base_url": urls[name], "settle_seconds": "0", "verify_within": "5", **app.credentials}
            made |= {f"{name}_{key}".upper(): str(value) for key, value in more.items()}
        return made

    def delivered(self):
        """Count the contracts there are; without a look at any of them."""
        return len(self.zefort.store.contracts)


class Watched:
    """The source, with the witness at its door."""

    def __init__(self, app, office):
        self._app, self._office = app, office
        self.base_path, self.credentials = app.base_path, app.credentials

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self._office.witness.request(scope["method"], scope["path"])
        await self._app(scope, receive, send)


async def until(condition, seconds):
    """Return once a condition holds. Raises TimeoutError if it does not in that time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- sandboxes and databases count, but tell nobody when
            await asyncio.sleep(0.1)


def ledger_runs(state_url):
    """Count the runs that are active; none where there is no ledger yet."""
    with suppress(Exception):
        return rows(state_url, RUNNING)[0][0]
    return 0


async def deploy(made, folder):
    """Make the pool and the route's deployment, from the files that are shipped, for as many runs at once as workers."""
    pool = json.loads((DEPLOY / "pools/process.json").read_text())
    pool["variables"]["properties"]["working_dir"]["default"] = str(folder)
    (folder / "pool.json").write_text(json.dumps(pool))
    shipped = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    route = next(one for one in shipped["deployments"] if one["name"] == ROUTE)
    route |= {"entrypoint": "flows.sync.sync", "schedules": [], "work_pool": {"name": POOL}}
    route["concurrency_limit"] = {"limit": WORKERS, "collision_strategy": "CANCEL_NEW"}
    pull = [{"prefect.deployments.steps.set_working_directory": {"directory": str(folder)}}]
    (folder / "prefect.yaml").write_text(yaml.safe_dump({"name": "docferry", "pull": pull, "deployments": [route]}))
    server = {"PREFECT_API_URL": made.urls[0], "DOCFERRY_MAPPINGS": str(folder.parent / "shared")}
    template = str(folder / "pool.json")
    words = ("--no-prompt", "work-pool", "create", POOL, "--type", "process", "--base-job-template", template)
    await made.done("pool", *words, **server)
    await made.done("deploy", "--no-prompt", "deploy", "--all", **server)
    return await made.answer(made.urls[1], "GET", f"/deployments/name/docferry/{ROUTE}")


async def states(made, runs):
    """Return the states of flow runs, asking the replicas in turn."""
    found = []
    for number, run in enumerate(runs):
        shown = await made.answer(made.urls[number % 2], "GET", f"/flow_runs/{run['id']}")
        found.append(shown["state"])
    return found


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param(300, marks=pytest.mark.timeout(1500)),
        pytest.param(20_000, marks=[pytest.mark.soak, pytest.mark.timeout(7200)]),
    ],
)
async def test_workers_on_two_replicas_share_a_route_and_outlive_one_of_them_and_a_restart_of_prefects_database(
    tmp_path, documents
):
    with throw_away_schema() as state_url:
        office = SharedOffice(tmp_path, state_url, documents)
        office.witness.prepare()
        async with office.open() as urls, cluster(tmp_path / "prefect") as made:
            deployment = await deploy(made, tmp_path / "prefect")
            began = time.monotonic()
            office.answering.clear()  # so that none of them is through before all have begun
            workers = [
                await made.prefect(
                    f"worker-{number}",
                    *("worker", "start", "--pool", POOL, "--type", "process", "--limit", "1", "--name", f"w{number}"),
                    PREFECT_API_URL=made.urls[number % 2],
                    PREFECT_WORKER_QUERY_SECONDS="2",
                    **office.settings(urls),
                )
                for number in range(WORKERS)
            ]
            path = f"/deployments/{deployment['id']}/create_flow_run"
            runs = [await made.answer(made.urls[number % 2], "POST", path, json={}) for number in range(WORKERS)]
            await until(lambda: ledger_runs(state_url) == WORKERS, 600)
            office.answering.set()
            await until(lambda: office.delivered() > documents // 3, 1200)
            kill_tree(workers[0].pid)
            await made.restart_database()
            ended = []
            async with asyncio.timeout(6000):
                while sum(state["type"] in ENDED for state in ended) < WORKERS - 1:
                    await asyncio.sleep(1.0)
                    ended = await states(made, runs)
            took = time.monotonic() - began
            found = office.findings()
            shares = [json.loads(counts).get("delivered", 0) for (counts,) in rows(state_url, FINISHED)]
            wanted = {"filter": {"event": {"prefix": ["prefect.flow-run."]}}, "limit": 10}
            events: list[object] = []
            async with asyncio.timeout(120):  # they come after the states, in their own time
                while not events:
                    events = (await made.answer(made.urls[1], "POST", "/events/filter", json=wanted))["events"]
                    await asyncio.sleep(1.0)
    fates = list(office.witness.fates.values())
    delivered, told = fates.count("delivered"), fates.count("delivered") + fates.count("rejected")
    outcomes = [f"{state['type']}: {state['message']}" for state in ended]
    print(f"\n{documents} documents, {told} told, {took:.0f} s from workers to end: {outcomes}")  # noqa: T201 -- for -s
    assert found.clean, found
    assert not office.witness.premature
    assert office.witness.acknowledgements >= told
    ends = [state["type"] for state in ended]
    assert ends.count("COMPLETED") == WORKERS - 1, f"all but the one that was killed: {outcomes}"
    assert len(shares) == WORKERS - 1
    assert all(shares), "each of them had a share"
    assert sum(shares) < delivered, "so had the one that was killed"
    assert events, "none came through Redis"


def test_the_witness_notices_an_acknowledgement_that_comes_too_early(tmp_path):
    office = SharedOffice(tmp_path, "", 12)
    witness = office.witness
    for fate, count in (("delivered", 1), ("rejected", 0), ("nothing", 0)):
        document_id = next(one for one, known in witness.fates.items() if known == fate)
        witness.premature.clear()
        witness.request("GET", f"/v2/documents/{document_id}/files")
        assert not witness.premature
        witness.request("POST", f"/v2/documents/{document_id}/transfer")
        assert len(witness.premature) == count
