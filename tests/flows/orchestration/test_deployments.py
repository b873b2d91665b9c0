"""`prefect.yaml`: every route has a deployment, every deployment something to run, and Prefect takes it without a question."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import httpx
import pytest

import mappings
from connectors.settings import SettingsError
from flows.orchestration.addresses import free_port
from flows.orchestration.deployments import SHIPPED, AtOnce, prefect_file, read_deployments, without_accounts
from flows.orchestration.supervising import own_server
from flows.routes import route_names
from flows.running import open_ledger
from flows.settings import load_gateway
from tests.flows.orchestration.ups import environment
from tests.ledgers import KEY

ROUTES = route_names(Path(mappings.__file__).parent)
MAINTENANCE = {"retention", "key-rotation", "sweep", "certificates", "watch"}
QUESTIONS = {"explain", "retry", "map-diff", "check"}
"""What a person asks, so there is no schedule."""


@pytest.fixture
def written(tmp_path):
    """Write a file of deployments and read it."""

    def read(text):
        path = tmp_path / "prefect.yaml"
        path.write_text(text)
        return read_deployments(path)

    return read


def test_every_route_has_a_deployment_and_every_deployment_is_a_route_maintenance_or_a_question():
    found = {each.name: each for each in read_deployments(SHIPPED)}
    assert {name for name, each in found.items() if each.route} == set(ROUTES)
    assert {name for name, each in found.items() if not each.route} == MAINTENANCE | QUESTIONS
    for name, each in found.items():
        assert each.route in (None, name)
        assert each.description
        assert "docferry" in each.tags
    for each in (each for name, each in found.items() if name not in QUESTIONS):
        assert each.schedules
        assert each.concurrency_limit == AtOnce(limit=1, collision_strategy="CANCEL_NEW")


def test_every_entrypoint_is_a_flow_that_takes_the_deployments_parameters():
    for each in read_deployments(SHIPPED):
        module, _, name = each.entrypoint.rpartition(".")
        flow = getattr(import_module(module), name)
        assert set(each.parameters) <= set(flow.parameters.properties)
        if each.name not in QUESTIONS:  # of those a person fills in the rest
            flow.validate_parameters(each.parameters)


def test_the_file_of_the_working_folder_comes_before_the_shipped_one(tmp_path):
    assert prefect_file(tmp_path) == SHIPPED
    (tmp_path / "prefect.yaml").touch()
    assert prefect_file(tmp_path) == tmp_path / "prefect.yaml"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("deployments: [", r"line 1: this is no YAML"),
        ("deployments: []", "has no deployments; write a list under `deployments:`, or call docferry init"),
        ("deployments: [{name: a, entrypoint: b.c, schedule: x}]", "deployment a: docferry up does not know schedule"),
        ("deployments: [{entrypoint: b.c}]", r"deployment no\. 1: name: field required"),
        (
            "deployments: [{name: a, entrypoint: b.c, schedules: [{cron: '* * * * *', interval: 5}]}]",
            r"schedules\.0: write exactly one of cron, interval and rrule",
        ),
        ("deployments: [{name: a, entrypoint: b.c}, {name: a, entrypoint: b.d}]", "there are two deployments a"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_place(written, text, sentence):
    with pytest.raises(SettingsError, match=sentence) as told:
        written(text)
    assert "prefect.yaml" in str(told.value)


async def test_routes_without_accounts_are_without_accounts(empty, monkeypatch):
    monkeypatch.setenv("HYPATOS_CLIENT_ID", "x")
    monkeypatch.setenv("ZEFORT_API_KEY", "x")
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    gateway = load_gateway()
    async with open_ledger(gateway) as ledger:
        idle = await without_accounts(gateway, ledger, read_deployments(SHIPPED))
        await ledger.credentials.set("contractfit", "api_key", "x")
        fewer = await without_accounts(gateway, ledger, read_deployments(SHIPPED))
    assert set(idle) == {name for name in ROUTES if re.search("contractfit|documine", name)}
    assert idle["hypatos_to_contractfit"] == "nothing is set for contractfit"
    assert set(fewer) == {name for name in ROUTES if "documine" in name}, "what the vault has is set, too"


@pytest.mark.timeout(900)
def test_prefect_deploys_all_of_them_without_a_question(tmp_path):
    (tmp_path / "prefect.yaml").write_text(SHIPPED.read_text())

    async def deployed():
        async with own_server(tmp_path / "home", free_port(0)) as server:
            settings = environment(
                PREFECT_API_URL=server.api, PREFECT_HOME=str(tmp_path / "home"), NO_PROXY="127.0.0.1"
            )
            for words in (
                ["work-pool", "create", "docferry", "--type", "process"],
                ["--no-prompt", "deploy", "--all"],
            ):
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "prefect", *words),
                    cwd=tmp_path,
                    env=settings,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
                said, _ = await process.communicate()
                assert process.returncode == 0, said.decode()
            async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
                return (await client.post(f"{server.api}/deployments/filter", json={})).json()

    found = {each["name"]: each for each in asyncio.run(deployed())}
    assert set(found) == {*ROUTES, *MAINTENANCE, *QUESTIONS}
    for each in read_deployments(SHIPPED):
        one = found[each.name]
        assert (one["entrypoint"], one["tags"], one["parameters"]) == (
            each.entrypoint,
            list(each.tags),
            each.parameters,
        )
        if each.name not in QUESTIONS:
            assert one["concurrency_options"] == {"collision_strategy": "CANCEL_NEW", "grace_period_seconds": None}
        assert len(one["schedules"]) == len(each.schedules)
        assert one["pull_steps"] == [{"prefect.deployments.steps.set_working_directory": {"directory": str(tmp_path)}}]
    assert json.dumps(found).count("docferry") > len(found)
