"""Our clients ask, and our sandboxes answer, what the published documents say: every exchange of a normal day is compared."""

from decimal import Decimal

import pytest

from tests.conformance.deviations import DEVIATIONS
from tests.conformance.shapes import features
from tests.conformance.specification import Specification
from tests.conformance.watch import lines, merged
from tests.contract import account
from tests.contract.account import Sent
from tests.contract.between import Exchange
from tests.contract.discovery import subjects


async def a_day_of_a_source(it):
    ids = it.add(25)
    for document_id in (await it.everything()).ids[:3]:
        for file in (await it.source.fetch(document_id)).files:
            await it.bytes_of(file)
    await it.tell(it.feedback(ids[0], it.subject.delivered("far-1")), account.journal())
    await it.tell(it.feedback(ids[1], it.subject.rejected("no such supplier")), account.journal())


async def a_day_of_a_destination(it):
    journal = account.journal()
    files = [Sent(b"%PDF-1.7 main"), Sent(b"%PDF-1.7 annex", "annex.pdf", "f2", main=False)][: it.subject.files]
    external_id = await it.deliver(it.delivery(files=files), journal)
    it.subject.finish(it.app)
    await it.destination.outcome(external_id, journal)
    again = it.delivery(title="Acme 4712", amount=Decimal("0.30"), files=files, replaces=external_id)
    await it.deliver(again, journal)
    emptied = {key: [] for key, value in again.payload.items() if isinstance(value, list)}
    await it.deliver(it.delivery(title="Acme 4712", files=files, replaces=external_id, **emptied), journal)
    it.strike("act_then_drop", it.subject.creating, times=1)
    await it.deliver(it.delivery("route:2"), account.journal())
    assert [one async for one in it.destination.dropped()] == []


@pytest.mark.parametrize("subject", subjects(), ids=lambda one: one.name)
async def test_a_normal_day_is_as_published(published, subject):
    async with account.opened(subject, subject.page if subject.role == "source" else None) as it:
        document = Specification.load(published, subject.provider, it.between.base_path)
        if document is None:
            # rest, sql, folder and the example stand for systems that nobody has published a document of
            pytest.skip(f"no document of {subject.provider} is published")
        await it.connection.check()
        await (a_day_of_a_source if subject.role == "source" else a_day_of_a_destination)(it)
        found = [str(one) for exchange in it.between.exchanges for one in document.violations(exchange)]
    assert [one for one in found if not any(known in one for known in DEVIATIONS)] == []
    assert sum(200 in statuses for statuses in document.exercised.values()) >= 2


THINGS = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things/{id}/": {
            "get": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                ],
                "responses": {
                    "200": {
                        "description": "one",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id"],
                                    "properties": {"id": {"type": "string"}, "kind": {"enum": ["a", "b"]}},
                                }
                            }
                        },
                    }
                },
            }
        }
    },
}
JSON = [("content-type", "application/json")]


def said(path="/things/7/", query="", status=200, answer=b'{"id": "7"}', *, staged=False):
    exchange = Exchange(
        "GET", path, query, [], heard=True, status=status, answer_headers=JSON, answer=answer, staged=staged
    )
    return [str(one) for one in Specification("shop", "/api", THINGS).violations(exchange)]


def test_what_is_as_published_is_no_violation():
    assert said() == said(query="page=2") == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"path": "/others/"}, "not documented"),
        ({"query": "size=3"}, "parameter size"),
        ({"query": "page=0"}, "client"),
        ({"answer": b'{"name": "x"}'}, "sandbox"),
        ({"answer": b'{"id": "7", "kind": "c"}'}, "kind"),
        ({"answer": b'{"id": 7}'}, "sandbox"),
        ({"status": 418}, "418"),
    ],
)
def test_what_departs_is_named_and_its_values_are_not(wrong, words):
    (violation,) = said(**wrong)
    assert words in violation


FINE = b'{"id":"7","kind":"a","of":[{"at":"2026-01-02","n":1.5}]}'


@pytest.mark.parametrize(
    "other",
    [
        b'{"id":7,"kind":"a","of":[{"at":"2026-01-02","n":1.5}]}',
        b'{"kind":"a","of":[{"at":"2026-01-02","n":1.5}]}',
        b'{"id":null,"kind":"a","of":[{"at":"2026-01-02","n":1.5}]}',
        b'{"id":"7","kind":"c","of":[{"at":"2026-01-02","n":1.5}]}',
        b'{"id":"7","kind":"a","of":[{"at":"2026-01-02","n":1.5},{"n":"x"}]}',
        b'{"id":"7","kind":"a","of":[{"at":"02.01.2026","n":1.5}]}',
        b'{"id":"7","kind":"a","of":[{"at":"2026-01-02","n":-1.5}]}',
        b'{"id":"7","kind":"a","of":[{"at":"2026-01-02","n":true}]}',
        b'{"id":"7","kind":"a","of":[]}',
        b'["7"]',
        b'"7"',
        b"{",
        b"",
    ],
)
def test_a_compact_answer_that_is_built_in_another_way_is_not_taken_for_one_that_was_validated(other):
    assert features(answered(other)) - features(answered(FINE))
    document = Specification("shop", "/api", THINGS)
    assert list(document.violations(answered(FINE))) == []
    before = sum(map(len, document.seen.values()))
    list(document.violations(answered(other)))
    assert sum(map(len, document.seen.values())) > before


def test_a_violation_after_an_answer_that_was_as_published_is_told():
    document = Specification("shop", "/api", THINGS)
    assert list(document.violations(answered(FINE))) == []
    (violation,) = document.violations(answered(b'{"id":7,"kind":"a"}'))
    assert "id: type 'string'" in str(violation)


def test_answers_that_differ_in_values_and_ids_only_are_validated_once():
    one = b'{"id":"7","of":[{"at":"2026-01-02","n":1.5}],"by":{"2ddc771469c8452a28a76ad2":2},"note":"paid by hand"}'
    other = b'{"id":"12","of":[{"at":"2025-11-30","n":99}, {"at":"2025-11-01","n":2.25}],"by":{"3ddc771469c8452a28a76ad3":3},"note":"to be seen"}'
    assert features(answered(other)) - features(answered(one)) == {
        (("said", "of"), "list", 2),
        (("said", "of", "*", "n"), "int", True),
    }


def test_a_form_is_told_apart_by_its_fields_and_a_query_by_what_is_asked_for():
    form = [("content-type", "application/x-www-form-urlencoded")]
    asked = [Exchange("POST", "/things/7/", "", form, body) for body in (b"a=1&b=2", b"a=3&b=4", b"a=1", b"a=x&b=2")]
    first, alike, fewer, another = map(features, asked)
    assert alike == first
    assert fewer - first
    assert another - first
    assert features(Exchange("GET", "/", "sort=asc", [])) != features(Exchange("GET", "/", "sort=upwards", []))


def answered(body):
    return Exchange("GET", "/things/7/", "", [], heard=True, status=200, answer_headers=JSON, answer=body, staged=False)


def test_an_answer_that_a_test_has_spoiled_is_nobodys_violation():
    assert said(answer=b"{}", staged=True) == []


def test_summaries_of_several_processes_become_one():
    one = {"exercised": {"shop": {"GET /a": [200]}}, "of": {"shop": 3}, "violations": ["x"], "excused": {"y": 1}}
    other = {
        "exercised": {"shop": {"GET /a": [404], "GET /b": [200]}},
        "of": {"shop": 3},
        "violations": ["x"],
        "excused": {},
    }
    text = "\n".join(lines(merged([one, other])))
    assert "shop: 2 of 3 operations exercised" in text
    assert "GET /a  200 404" in text
    assert "1 violations" in text
