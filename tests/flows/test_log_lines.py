"""Log lines know which route, run and document they are about, and as JSON each is one object without secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime

import httpx
import pytest

from connectors.secrets import Masking, Secrets
from flows.engine import sync
from flows.log_lines import JsonLines, Placed, Placing, about
from tests.flows.test_unexpected import stumbling
from tests.flows.world import ONCE, world


@pytest.fixture
def heard():
    """Give a logger of its own, and what a handler with each formatter makes of its lines."""
    lines = {"json": [], "page": []}
    logger = logging.getLogger("docferry.of_a_test")
    secrets = Secrets()
    secrets.hide("s3cret-key")
    handlers = []
    for name, formatter in (("json", JsonLines()), ("page", Placed("%(message)s"))):
        handler = logging.Handler()
        handler.setFormatter(formatter)
        handler.addFilter(Placing())
        handler.addFilter(Masking(secrets))
        handler.emit = lambda record, name=name, handler=handler: lines[name].append(handler.format(record))
        handlers.append(handler)
    logger.handlers[:] = handlers
    logger.setLevel(logging.INFO)
    yield logger, lines
    logger.handlers.clear()


async def test_a_line_is_about_what_is_being_worked_on_and_tasks_do_not_mix(heard):
    logger, lines = heard

    async def carry(document):
        with about(document=document):
            await asyncio.sleep(0)
            logger.info("carried")
            await asyncio.sleep(0)
        logger.info("done")

    with about(route="a_to_b", run="1f"):
        await asyncio.gather(carry("d1"), carry("d 2"))
    logger.info("outside")
    read = [json.loads(line) for line in lines["json"]]
    assert [(one["route"], one["run"], one["document"], one["message"]) for one in read] == [
        ("a_to_b", "1f", "d1", "carried"),
        ("a_to_b", "1f", "d 2", "carried"),
        ("a_to_b", "1f", None, "done"),
        ("a_to_b", "1f", None, "done"),
        (None, None, None, "outside"),
    ]
    assert lines["page"][:2] == [
        "route=a_to_b run=1f document=d1: carried",
        'route=a_to_b run=1f document="d 2": carried',
    ]
    assert lines["page"][-1] == "outside"


def test_an_object_is_one_line_with_its_time_in_utc_whatever_was_said(heard):
    logger, lines = heard
    try:
        raise ValueError("two\nlines with s3cret-key")  # noqa: TRY301 -- for its traceback
    except ValueError:
        logger.exception("first\r\nsecond \u2028 third")
    (line,) = lines["json"]
    assert len(line.splitlines()) == 1
    one = json.loads(line)
    assert list(one) == ["time", "level", "route", "run", "document", "message"]
    assert one["level"] == "error"
    assert datetime.fromisoformat(one["time"]).utcoffset().total_seconds() == 0
    assert one["message"].startswith("first\r\nsecond \u2028 third\nTraceback")
    assert one["message"].endswith("lines with ***")


def test_a_secret_is_masked_where_a_line_is_placed_too(heard):
    logger, lines = heard
    with about(route="a_to_b", document="s3cret-key"):
        logger.info("x")
    assert "s3cret" not in lines["json"][0] + lines["page"][0]


@pytest.mark.parametrize(("end", "over"), [("destination", "push"), ("source", "report"), ("destination", "outcome")])
async def test_the_lines_of_a_run_carry_its_route_its_id_and_the_document_they_are_about(tmp_path, end, over):
    lines = []
    handler = logging.Handler()
    handler.addFilter(Placing())
    handler.emit = lines.append
    logging.getLogger("docferry").addHandler(handler)
    try:
        async with world(tmp_path, 12) as it, stumbling(it, end, over) as opened:
            report = await sync(opened, it.ledger, policy=replace(ONCE, follow_first=0.0))
    finally:
        logging.getLogger("docferry").removeHandler(handler)
    assert {(line.route, line.run) for line in lines} == {(report.route, report.run_id)}
    about_one = [line for line in lines if line.getMessage().startswith("document ")]
    assert about_one
    assert all(line.getMessage().startswith(f"document {line.document}: unexpected") for line in about_one)


def test_the_command_writes_its_lines_as_json_if_asked_to(accounts, tmp_path):
    httpx.post(
        accounts["zefort"]["control"] + "switches",
        json={"faults": [{"kind": "status", "method": "POST", "path": "/contracts/", "status": 401}]},
    ).raise_for_status()
    command = [sys.executable, "-m", "flows", "--log-format", "json", "run", "hypatos_to_zefort", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    report = json.loads(done.stdout)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 3
    (stopped,) = [line for line in lines if line["message"].startswith("stopped: ")]
    assert (stopped["level"], stopped["route"], stopped["run"]) == ("error", report["route"], report["run_id"])
    assert accounts["zefort"]["api_key"] not in done.stderr
    wrong = subprocess.run([*command[:6], "nope"], capture_output=True, text=True, timeout=100, check=False)
    (line,) = [json.loads(line) for line in wrong.stderr.splitlines()]
    assert "There is no route 'nope'" in line["message"]
    assert wrong.returncode == 2


def test_the_lines_of_a_terminal_look_as_before(accounts, docferry):
    httpx.post(
        accounts["zefort"]["control"] + "switches",
        json={"faults": [{"kind": "status", "method": "POST", "path": "/contracts/", "status": 401}]},
    ).raise_for_status()
    ended = docferry("run", "hypatos_to_zefort")
    assert re.search(r"^\d\d:\d\d:\d\d ERROR +stopped: ", ended.err)
    assert "route=" not in ended.err
