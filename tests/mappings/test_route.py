"""A whole route: what it promises the engine, and the route that ships with docferry."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest

import mappings
from mappings.language import MappingError, load_route

SHIPPED = Path(mappings.__file__).parent / "hypatos_to_zefort.yaml"


def invoice(**entities):
    return {
        "id": "d1",
        "title": "scan.pdf",
        "state": "done",
        "entities": {
            "documentType": "invoice",
            "number": "RE-4711",
            "supplier": {"id": "s1", "name": "Müller & Söhne GmbH", "vatId": "DE123456789", "country": "DE"},
            "issuedAt": "27.02.2026",
            "dueAt": "29.03.2026",
            "currency": "€",
            "totalAmount": Decimal("12345678901234567.89"),
            **entities,
        },
    }


@pytest.fixture(scope="module")
def shipped():
    return load_route(SHIPPED)


def test_the_shipped_route_says_where_from_and_where_to(shipped):
    assert (shipped.name, shipped.source, shipped.destination, shipped.files) == (
        "hypatos_to_zefort",
        "hypatos.documents",
        "zefort.contracts",
        "all",
    )
    assert set(shipped.feedback) == {"delivered", "rejected", "failed", "withdrawn", "signed"}


def test_the_shipped_route_maps_an_invoice(shipped):
    mapped = shipped.apply(invoice(buyer={"name": "株式会社", "vatId": "FI1"}))
    assert mapped.payload == {
        "attributes": {
            "title": "Müller & Söhne GmbH RE-4711",
            "effective_date": "2026-02-27",
            "end_date": "2026-03-29",
            "currency": "EUR",
            "value": Decimal("12345678901234567.89"),
        },
        "parties": [
            {
                "name": "Müller & Söhne GmbH",
                "org_id": "DE123456789",
                "country": "DE",
                "role": "supplier",
                "external_id": "hypatos:s1",
            },
            {"name": "株式会社", "org_id": "FI1", "role": "buyer"},
        ],
        "tags": ["invoice", "high-value"],
        "binders": ["Invoices"],
    }
    assert (mapped.skipped, mapped.reviews) == (None, ())


def test_the_shipped_route_leaves_out_what_a_document_does_not_have(shipped):
    mapped = shipped.apply(
        {
            "id": "d2",
            "entities": {
                "documentType": "credit_note",
                "number": "G-1",
                "supplier": {"name": "A", "vatId": None},
                "issuedAt": "01.01.2026",
                "dueAt": "soon",
                "totalAmount": -5,
                "buyer": {"name": None},
            },
        },
    )
    assert mapped.payload == {
        "attributes": {"title": "A G-1", "effective_date": "2026-01-01", "currency": "EUR", "value": Decimal(-5)},
        "parties": [{"name": "A", "org_id": None, "role": "supplier"}],
        "tags": ["credit_note"],
        "binders": ["Credit notes"],
    }
    assert tuple(map(str, mapped.reviews)) == (
        "attributes.end_date: entities.dueAt is not a date of the form %d.%m.%Y (looks like 'aaaa')",
    )


@pytest.mark.parametrize(
    ("entities", "reason"),
    [
        ({"number": None}, "attributes.title: entities.number is null"),
        (
            {"supplier": {}},
            "attributes.title: entities.supplier.name is missing; parties[0].name: entities.supplier.name is missing",
        ),
        (
            {"issuedAt": "2026-02-27"},
            "attributes.effective_date: entities.issuedAt is not a date of the form %d.%m.%Y (looks like '9999-99-99')",
        ),
        (
            {"currency": "XYZ"},
            "attributes.currency: entities.currency has no entry in table 'currencies' (looks like 'AAA')",
        ),
        (
            {"totalAmount": "99,95 EUR"},
            "attributes.value: entities.totalAmount is not a number (looks like '99,99 AAA'); tags[1]: when 'entities.totalAmount >= 10000' cannot be compared by size (looks like '99,99 AAA'); both sides must be numbers, or both text",
        ),
    ],
)
def test_the_shipped_route_rejects_with_a_reason_a_person_can_act_on(shipped, entities, reason):
    with pytest.raises(MappingError) as caught:
        shipped.apply(invoice(**entities))
    assert str(caught.value) == reason


@pytest.mark.parametrize("kind", ["delivery_note", None, ""])
def test_the_shipped_route_skips_other_documents(shipped, kind):
    mapped = shipped.apply(invoice(documentType=kind))
    assert mapped.payload == {}
    assert (
        mapped.skipped == "the route applies only when entities.documentType in ['invoice', 'credit_note', 'contract']"
    )
    assert shipped.apply({"id": "d3"}).skipped is not None


def test_the_shipped_route_tells_hypatos_what_became_of_a_document(shipped):
    context = {"external_id": "ct_1", "reason": "trashed in Zefort"}
    assert shipped.feedback_actions("delivered", context) == {
        "external_id": "ct_1",
        "external_data": {"zefortContract": "ct_1"},
        "transfer": True,
    }
    assert shipped.feedback_actions("rejected", context) == {"reject": "trashed in Zefort"}
    assert shipped.feedback_actions("failed", context) == {"transfer": False, "message": "trashed in Zefort"}
    assert shipped.feedback_actions("signed", context) == {
        "external_data": {"zefortContract": "ct_1", "zefortStatus": "signed"}
    }
    assert shipped.feedback_actions("withdrawn", context) == {
        "external_data": {"zefortContract": "ct_1", "zefortStatus": "trashed in Zefort"}
    }


def test_the_version_changes_with_the_file_and_with_a_table_and_with_nothing_else(route, tmp_path):
    text = "tables: {t: t.csv}\nfields: {x: {from: y, lookup: t}}\n"
    first = route(text, {"t.csv": "key,value\na,b\n"}).version
    assert len(first) == 64
    assert route(text, {"t.csv": "key,value\na,b\n", "other.csv": "key,value\n"}).version == first
    assert route(text, {"t.csv": "key,value\na,c\n"}).version != first
    assert route(text + "# a comment\n", {"t.csv": "key,value\na,b\n"}).version != first


def test_a_broken_condition_rejects_and_does_not_skip(route):
    with pytest.raises(MappingError, match=r"when: when 'a >= 5' cannot be compared") as caught:
        route("when: a >= 5\nfields: {x: y}\n").apply({"a": "x"})
    assert caught.value.problems[0].line == 3


@pytest.mark.parametrize(
    ("when", "skips"),
    [("a", True), ("a is none", False), ("a == none", False), ("b == none", True), ("b is undefined", False)],
)
def test_a_condition_tells_null_from_missing(route, when, skips):
    assert (route(f"when: {when}\nfields: {{x: y}}\n").apply({"a": None}).skipped is not None) is skips


def test_files_are_all_main_or_none(route):
    assert [route(f"files: {word}\nfields: {{x: y}}").files for word in ("all", "main", "none")] == [
        "all",
        "main",
        "none",
    ]
    assert route("fields: {x: y}").files == "all"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_bytes(b"\xef\xbb\xbfsource: a.b\r\ndestination: c.d\r\nfields:\r\n  x: y\r\n")
    assert load_route(path).apply({"y": "z"}).payload == {"x": "z"}


def test_threads_share_a_route(shipped):
    documents = [invoice(number=str(number)) for number in range(200)]
    expected = [shipped.apply(document) for document in documents]
    answers: list[list[object]] = []

    def work():
        answers.append([shipped.apply(document) for document in documents])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4
