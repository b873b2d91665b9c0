"""`resend: changed`: what the far end holds is sent again if, and only if, the mapping makes something else of it now."""

import pytest

from tests.flows.test_heal import GOOD, KEY, mapped, traces
from tests.flows.world import ROUTE, world

MARK = "feedback:\n"
EVERY = pytest.mark.parametrize("key", [KEY, ""], ids=["recorded", "read again"])


def rewrite(it, old, new, name=f"{ROUTE}.yaml"):
    text = (it.routes / name).read_text()
    assert text.count(old) == 1
    (it.routes / name).write_text(text.replace(old, new))


async def delivered(it, *, resend):
    """Have three documents in euros and three in crowns delivered; return their ids."""
    rewrite(it, "EUR,EUR\n", "EUR,EUR\nkr,SEK\n", "currencies.csv")
    if resend:
        rewrite(it, MARK, f"resend: {resend}\n{MARK}")
    fields = [{**GOOD, "currency": currency} for currency in ("EUR", "kr") for _ in range(3)]
    ids = [it.hypatos.act({"add": {"entities": one, "name": "a.pdf"}})["id"] for one in fields]
    assert (await it.finish()).delivered == 6
    return ids[:3], ids[3:]


def currencies(it, ids):
    return [[one["attributes"]["currency"] for one in it.contracts()[id_]] for id_ in ids]


@EVERY
async def test_only_what_comes_to_another_payload_is_sent_again_and_the_source_is_told_nothing_new(tmp_path, key):
    async with world(tmp_path, 0, key=key, routes=mapped(tmp_path / "routes")) as it:
        euros, crowns = await delivered(it, resend="changed")
        quiet, told = traces(it, euros), it.documents()
        rewrite(it, "kr,SEK", "kr,NOK", "currencies.csv")
        report = await it.run()
        assert (report.woken, report.updated, report.delivered, report.exit_code) == (3, 3, 0, 0)
        assert currencies(it, [*euros, *crowns]) == [["EUR"]] * 3 + [["NOK"]] * 3
        assert traces(it, euros) == quiet
        assert it.documents() == told
        assert (await it.run()).woken == 0


@EVERY
@pytest.mark.parametrize("resend", [None, "never"])
async def test_unless_the_route_says_so_nothing_that_was_sent_is_sent_again(tmp_path, key, resend):
    async with world(tmp_path, 0, key=key, routes=mapped(tmp_path / "routes")) as it:
        euros, crowns = await delivered(it, resend=resend)
        before = traces(it, euros + crowns)
        rewrite(it, "kr,SEK", "kr,NOK", "currencies.csv")
        assert ((report := await it.run()).woken, report.updated) == (0, 0)
        assert traces(it, euros + crowns) == before


@EVERY
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kr,SEK\n", "Kr,SEK\n"),
        ("files: main", "files: main\nwhen: entities.currency == 'EUR'"),
        ("files: main", "# nothing but a word to whoever reads this\nfiles: main"),
    ],
    ids=["would be refused", "would be skipped", "means the same"],
)
async def test_what_the_far_end_holds_stays_as_it_is_where_the_mapping_makes_nothing_else_of_it(
    tmp_path, key, old, new
):
    async with world(tmp_path, 0, key=key, routes=mapped(tmp_path / "routes")) as it:
        euros, crowns = await delivered(it, resend="changed")
        before = traces(it, euros + crowns)
        rewrite(it, old, new, "currencies.csv" if old.startswith("kr") else f"{ROUTE}.yaml")
        assert ((report := await it.run()).woken, report.exit_code) == (0, 0)
        assert traces(it, euros + crowns) == before


@EVERY
async def test_another_choice_of_files_is_another_delivery(tmp_path, key):
    async with world(tmp_path, 3, key=key, routes=mapped(tmp_path / "routes")) as it:
        await delivered(it, resend="changed")
        rewrite(it, "files: main", "files: all")
        assert (await it.run()).woken == 0
