"""The demo documents: varied, repeatable, and every file a real PDF with bytes of its own."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from decimal import Decimal

import pytest

from connectors.hypatos.sandbox_documents import HUGE, DemoDocuments
from connectors.hypatos.sandbox_store import STATES

READY = ("done", "doneAutomatically")


@pytest.fixture(scope="module")
def demo():
    return DemoDocuments(7, 240)


@pytest.fixture(scope="module")
def everything(demo):
    return [demo.entities(number) for number in range(demo.count)]


def test_the_same_seed_gives_the_same_documents_and_another_seed_others(demo, everything):
    again, other = DemoDocuments(7, 240), DemoDocuments(8, 240)
    assert [again.entities(number) for number in range(240)] == everything
    assert again.content(4, again.files(4)[0]) == demo.content(4, demo.files(4)[0])
    assert [other.entities(number) for number in range(240)] != everything
    assert not {other.document_id(n) for n in range(240)} & {demo.document_id(n) for n in range(240)}


def test_every_kind_of_trouble_occurs_among_documents_that_are_ready(demo, everything):
    ready = [everything[number] for number in range(demo.count) if demo.state(number) in READY]
    names = [one["supplier"].get("name") for one in ready]
    assert len(ready) >= 160
    assert {one["documentType"] for one in ready} >= {"invoice", "credit_note", "contract", "delivery_note"}
    assert sum(name is None for name in names) >= 2
    assert "" in names
    assert any("issuedAt" not in one for one in ready)
    assert any(not re.fullmatch(r"\d\d\.\d\d\.\d{4}", one.get("issuedAt", "")) for one in ready if "issuedAt" in one)
    assert {"€", "EUR", "EURO", "$", "USD", "CHF", "kr"} <= {one.get("currency") for one in ready}
    assert any(abs(one["totalAmount"]) == HUGE for one in ready)
    assert any(one["totalAmount"] < 0 for one in ready if one["documentType"] == "credit_note")
    text = "".join(name or "" for name in names)
    assert all(any(low <= ord(letter) <= high for letter in text) for low, high in ((0xC0, 0xFF), (0x4E00, 0x9FFF)))
    assert all(letter in text for letter in "\"/\\☕'{<")
    assert max(Counter(names).values()) > 3


def test_amounts_are_exact_decimals_and_lines_add_up(everything):
    for one in everything:
        assert isinstance(one["totalAmount"], Decimal)
        if abs(one["totalAmount"]) != HUGE:
            assert one["totalAmount"] == sum(line["amount"] for line in one["items"])


def test_states_cover_all_thirteen_and_most_documents_are_ready(demo):
    states = Counter(demo.state(number) for number in range(demo.count))
    assert set(states) == STATES
    assert states["done"] > states["doneAutomatically"] > 20
    assert len({demo.project(number) for number in range(demo.count)}) == 3


def test_some_documents_have_two_files_and_exactly_one_is_the_main_one(demo):
    sets = [demo.files(number) for number in range(demo.count)]
    assert {len(files) for files in sets} == {1, 2}
    assert all([file.main for file in files].count(True) == 1 for files in sets)
    assert {files[0].main for files in sets if len(files) == 2} == {True, False}
    ids = [file.id for files in sets for file in files]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("count", [240, 2000])
def test_every_file_is_a_pdf_with_bytes_of_its_own(count):
    demo = DemoDocuments(3, count)
    contents = [demo.content(number, file) for number in range(60) for file in demo.files(number)]
    assert len(set(contents)) == len(contents)
    for content in contents:
        assert content.startswith(b"%PDF-1.")
        assert content.rstrip().endswith(b"%%EOF")
        assert 300 < len(content) < 8000
        check_references(content)


def check_references(content):
    """Follow the cross-reference table: every entry must point at the object it names."""
    start = int(re.search(rb"startxref\s+(\d+)", content).group(1))
    assert content[start : start + 4] == b"xref"
    size = int(re.search(rb"/Size (\d+)", content[start:]).group(1))
    entries = re.findall(rb"(\d{10}) \d{5} n", content[start:])
    assert len(entries) == size - 1
    for number, offset in enumerate(entries, start=1):
        assert content[int(offset) :].startswith(b"%d 0 obj" % number)
    for length, body in re.findall(rb"/Length (\d+)[^s]*?>>\s*stream\n(.*?)\nendstream", content, re.DOTALL):
        assert len(body) == int(length)
        if b"/FlateDecode" in content:
            zlib.decompress(body)
