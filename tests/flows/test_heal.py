"""Documents that were rejected for their data wake up when the mapping is mended, and only those that it cures."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet

from tests.flows.world import ONCE, QUICK, ROUTE, heal, strike, world
from tests.ledgers import rows as rows_of

pytestmark = pytest.mark.usefixtures("any_ledger")

KEY = Fernet.generate_key().decode()
MAPPING = """\
source: hypatos.documents
destination: zefort.contracts
files: main
tables: {currencies: currencies.csv}
fields:
  attributes.title: {from: entities.number, required: true}
  attributes.effective_date: {from: entities.issuedAt, type: date, format: "%d.%m.%Y"}
  attributes.end_date: entities.endAt
  attributes.currency: {from: entities.currency, lookup: currencies, required: true}
  attributes.value: {from: entities.totalAmount, type: decimal}
feedback:
  delivered: {external_id: "{{ external_id }}", transfer: true}
  rejected: {reject: "{{ reason }}"}
"""
TABLE = "key,value\nEUR,EUR\n"
GOOD = {
    "number": "1",
    "issuedAt": "01.02.2026",
    "endAt": "2026-12-31",
    "currency": "EUR",
    "totalAmount": Decimal("12.50"),
}
CAUSES = {
    "a number that is missing": ({"number": None}, "entities.number, required: true", "entities.number, default: none"),
    "a day that there is not": ({"issuedAt": "31.02.2026"}, '"%d.%m.%Y"}', '"%d.%m.%Y", on_error: skip}'),
    "an amount with words": ({"totalAmount": "12,50 EUR"}, "type: decimal}", "type: decimal, on_error: skip}"),
    "a currency that no table has": ({"currency": "Taler"}, "EUR,EUR\n", "EUR,EUR\nTaler,EUR\n"),
    "a date the destination does not take": (
        {"endAt": "31.12.2026"},
        "end_date: entities.endAt",
        'end_date: {from: entities.endAt, type: date, format: "%d.%m.%Y", on_error: skip}',
    ),
}


def mapped(folder):
    """Lay out the route and its table."""
    folder.mkdir()
    (folder / f"{ROUTE}.yaml").write_text(MAPPING)
    (folder / "currencies.csv").write_text(TABLE)
    return folder


def mend(folder, cause):
    """Change the one line that cures a cause, in the route or in its table."""
    _, old, new = CAUSES[cause]
    for path in (folder / f"{ROUTE}.yaml", folder / "currencies.csv"):
        text = path.read_text()
        if old in text:
            path.write_text(text.replace(old, new))
            return
    raise AssertionError(old)


def fill(it, each, good):
    """Add so many good documents, and for each cause so many that it rejects; return the ids by cause."""
    ids = {}
    for cause, wrong in {"none": {}, **{name: one[0] for name, one in CAUSES.items()}}.items():
        added = [{**GOOD, **wrong} for _ in range(each if wrong else good)]
        ids[cause] = [it.hypatos.act({"add": {"entities": one, "name": "a.pdf"}})["id"] for one in added]
    return ids


def traces(it, ids):
    """Return everything that is written down here about these documents, and all that the source was told of them."""
    those = ", ".join(f"'{id_}'" for id_ in ids)
    rows = rows_of(
        it.url,
        "SELECT id, status, attempts, due_at, reason, reason_class, mapping_version, asked, external_id "
        f"FROM transfer WHERE document_id IN ({those}) ORDER BY id",
    )
    of = f"FROM {{}} WHERE transfer_id IN ({', '.join(str(row[0]) for row in rows)}) ORDER BY id"
    rest = [rows_of(it.url, "SELECT * " + of.format(table)) for table in ("event", "feedback", "step")]
    shown = it.documents()
    return rows, rest, [(shown[key]["feedback"], shown[key]["accepted_state"]) for key in ids]


def read(it, since):
    """Return the documents that were read at the source one by one, once for each time."""
    log = list(it.hypatos.log)[since:]
    return [path.rpartition("/")[2] for _, endpoint, path, _ in log if endpoint == "GET /documents/{}"]


async def cured(it, cause, ids):
    """Mend one cause and run; see that exactly its documents go out and nothing happens to the others."""
    others = [key for other, keys in ids.items() if other != cause for key in keys]
    before, since = traces(it, others), len(it.hypatos.log)
    mend(it.routes, cause)
    report = await it.run()
    assert (report.woken, report.delivered, report.resumed) == (len(ids[cause]),) * 3
    assert (report.rejected, report.updated, report.refused_feedback, report.exit_code) == (0, 0, 0, 0)
    assert traces(it, others) == before
    contracts, shown = it.contracts(), it.documents()
    for key in ids[cause]:
        (contract,) = contracts[key]
        assert shown[key]["external_id"] == contract["id"]
        assert shown[key]["counts"]["reject"]["effective"] == 1
    return [key for key in read(it, since) if key in others]


async def rejected(it, each, good=20):
    """Have documents rejected for all five causes."""
    ids = fill(it, each, good)
    first = await it.finish()
    assert (first.delivered, first.rejected) == (good, len(CAUSES) * each)
    quiet = await it.run()
    assert (quiet.woken, quiet.listed + quiet.resumed) == (0, 0)
    return ids


@pytest.mark.parametrize("cause", ["a currency that no table has", "a date the destination does not take"])
async def test_of_500_documents_one_line_cures_exactly_its_own_and_asks_the_source_for_no_other(tmp_path, cause):
    async with world(tmp_path, 0, key=KEY, routes=mapped(tmp_path / "routes")) as it:
        # In PostgreSQL a tenth: the number is about what one run reads, which is the same for both.
        ids = await rejected(it, 100 if it.url.startswith("sqlite") else 10)
        assert await cured(it, cause, ids) == []


async def test_without_a_key_every_other_document_is_read_once_for_each_change(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes")) as it:
        ids = await rejected(it, 4)
        for cause in CAUSES:
            untried = sorted(key for other, keys in ids.items() if other not in ("none", cause) for key in keys)
            assert sorted(await cured(it, cause, ids)) == untried
            ids["none"] += ids.pop(cause)
        again = await it.run()
        assert (again.woken, again.delivered, again.updated) == (0, 0, 0)


async def test_so_many_are_read_again_in_one_run_and_the_next_one_goes_on(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes")) as it:
        await rejected(it, 4)
        mend(it.routes, "a number that is missing")
        since = len(it.hypatos.log)
        reports = [await it.run(policy=replace(QUICK, rereads=9)) for _ in range(4)]
        assert sum(report.woken for report in reports) == sum(report.delivered for report in reports) == 4
        counts = Counter(read(it, since)).values()
        assert len(counts) == 20
        assert sorted(counts)[:16] == [1] * 16


async def test_a_document_that_could_not_be_read_is_tried_by_the_next_run(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=ONCE) as it:
        await rejected(it, 2)
        mend(it.routes, "a number that is missing")
        strike(it.hypatos, "status", "GET", "/documents/*", status=503)
        assert (await it.run()).woken == 0
        heal(it.hypatos)
        assert (await it.run()).woken == 2


@pytest.mark.parametrize("key", [KEY, ""], ids=["recorded", "not recorded"])
async def test_what_a_person_has_taken_back_meanwhile_is_left_to_that_person(tmp_path, key):
    async with world(tmp_path, 0, key=key, routes=mapped(tmp_path / "routes")) as it:
        ids = await rejected(it, 1)
        (mine,) = ids["a number that is missing"]
        it.hypatos.act({"status": mine, "state": "inCompletion"})
        mend(it.routes, "a number that is missing")
        report = await it.run()
        assert (report.delivered, report.rejected) == (0, 0)
        assert mine not in it.contracts()
        it.hypatos.act({"status": mine, "state": "done"})
        assert (await it.finish()).delivered == 1
        assert it.documents()[mine]["accepted_state"] == "transferred"


@pytest.mark.parametrize(("key", "woken"), [(KEY, 1), ("", 0)], ids=["recorded", "not recorded"])
async def test_where_the_source_shows_less_of_what_it_was_told_about_the_record_is_what_goes_out(tmp_path, key, woken):
    async with world(tmp_path, 0, key=key, routes=mapped(tmp_path / "routes")) as it:
        it.hypatos.switches.thin_once_told = True
        ids = await rejected(it, 1)
        mend(it.routes, "a number that is missing")
        report = await it.run()
        assert (report.woken, report.delivered, report.rejected) == (woken, woken, 0)
        assert len(it.contracts().get(ids["a number that is missing"][0], ())) == woken
        assert (await it.run()).rejected == 0


async def test_a_rejection_that_the_source_has_not_heard_of_yet_is_not_told_once_it_is_cured(tmp_path):
    async with world(tmp_path, 0, key=KEY, routes=mapped(tmp_path / "routes"), policy=ONCE) as it:
        fill(it, 1, 1)
        fault = strike(it.hypatos, "status", "POST", "/documents/*/reject", status=503)
        await it.run()
        assert fault.struck
        mend(it.routes, "an amount with words")
        heal(it.hypatos)
        it.policy = QUICK
        await it.finish()
        told = [[one["kind"] for one in shown["feedback"]] for shown in it.documents().values()]
        assert sorted(map(len, told)) == [1, 1, 1, 1, 2, 2]
        assert told.count(["external-id", "transfer"]) == 2
