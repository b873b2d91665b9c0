"""A source that takes no messages any more is one alarm, whatever it answers, until it takes one again."""

# ruff: noqa: F811 -- an argument of a fixture's name is pytest's way of asking for it

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flows.receivers import receivers_of
from flows.settings import Gateway
from flows.watching import watch
from tests.flows.listener import listening
from tests.flows.watched import HOUR, MINUTE, it, written  # noqa: F401 -- pytest finds fixtures here
from tests.flows.world import ONCE, ROUTE, heal, strike, world
from tests.ledgers import rows
from tests.state.runs import deliver

AT_ONCE = replace(ONCE, clock=(0.0,), outage_wait=0.0)
"""As `ONCE`, but what failed is due again for the next run."""


@pytest.fixture(autouse=True)
def _straight(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    for name in ("NEAR", "SIDE", "FAR", "ZEFORT", "HYPATOS"):
        monkeypatch.setenv(f"{name}_API_KEY", "set")


@pytest.mark.parametrize("status", [403, 404, 422])
async def test_a_source_that_refuses_every_message_is_one_alarm_until_it_takes_one(tmp_path, any_ledger, status):
    async with world(tmp_path, policy=AT_ONCE) as it, listening() as listener:
        folder = tmp_path / "watched"
        folder.mkdir()
        shutil.copy(it.routes / f"{ROUTE}.yaml", folder)
        gateway = Gateway(state_url=it.url, mappings=folder, alarm_urls=listener.url)

        async def check() -> int:
            return (await watch(gateway, it.ledger, receivers_of(gateway))).exit_code

        strike(it.hypatos, "status", "POST", "*/external-*", status=status)
        for _ in range(3):
            await it.run()
            hour_ago = written(datetime.now(UTC) - HOUR)  # for a quarter of one, what is owed may still be taken
            rows(it.url, f"UPDATE feedback SET owed_at = '{hour_ago}'")
            assert await check() == 1
        (said,) = [body for _, body in listener.heard]
        assert listener.titles == ["hypatos takes no messages"]
        assert f"answered {status}" in said
        assert "5 messages" in said
        assert f"docferry retry {ROUTE}" in said
        assert not [key for key in it.documents() if key in said], "an alarm names no document"
        heal(it.hypatos)
        some = it.hypatos.act({"add": {"entities": {**it.hypatos.store.demo.entities(0)}}})
        await it.run()
        assert await check() == 0, some
        assert listener.titles == ["hypatos takes no messages", "over: hypatos takes no messages"]


async def answered(it, route, answers):
    """Have documents delivered, and the source answer the message about each: with True, or with why not."""
    async with it.ledger.run(route) as run:
        for number, answer in enumerate(answers):
            await run.remember("s", [(f"{route}-{it.count}-{number}", "1")], None, now=it.now, relist=())
            (transfer,) = await run.claim(1, it.now)
            await deliver(run, transfer.id, it.now)
            (owed,) = await run.outbox.claim(1, it.now)
            if answer is True:
                await run.outbox.told(owed.id, at=it.now)
            else:
                await run.outbox.refused(owed.id, at=it.now, reason=answer)
            it.now += timedelta(milliseconds=1)
    it.count += 1


@pytest.mark.parametrize(
    ("answers", "open_"),
    [
        (["near answered 422: no"] * 2, 0),
        (["near answered 422: no"] * 3, 1),
        (["near answered 422: no"] * 3 + [True], 0),
        ([True] + ["near answered 422: no"] * 3, 1),
        (["near answered 422: no", True] * 5, 0),
        (["near answered 422: no", "near answered 403: nor that"] * 3, 2),
    ],
)
async def test_it_takes_three_in_a_row_and_none_taken_since(it, answers, open_):
    await answered(it, "a", answers)
    await it.run("a", MINUTE)
    assert len((await it.check()).open) == open_


async def test_two_routes_of_one_source_are_one_alarm(it):
    (it.routes / "b.yaml").write_text((it.routes / "a.yaml").read_text())
    for route in "ab":
        await answered(it, route, ["near answered 422: no"] * 3)
        await it.run(route, MINUTE)
    (alarm,) = (await it.check()).open.values()
    assert alarm.about == "near"
    assert "6 messages" in alarm.says
    assert "Routes: a (3), b (3)" in alarm.says
