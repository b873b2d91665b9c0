"""`docferry map preview` on a test's document, a file, a live document and a recorded one."""

import json
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

import mappings

ROUTE = "hypatos_to_zefort"
TEXT = (Path(mappings.__file__).parent / f"{ROUTE}.yaml").read_text(encoding="utf-8")


def line(text):
    """Return the line of the route on which this stands first."""
    return next(number for number, one in enumerate(TEXT.splitlines(), 1) if text in one)


def test_the_first_tests_document_is_shown_beside_its_payload(empty, docferry):
    ended = docferry("map", "preview", ROUTE)
    assert ended.code == 0
    shown = next(one for one in ended.out.splitlines() if "attributes.currency" in one)
    words = ["attributes.currency", '"EUR"', "← entities.currency =", '"€", table currencies: €', "currencies.csv:2)"]
    assert [word for word in (f"{line('attributes.currency:')} ", *words) if word not in shown] == []
    assert "mapped" in ended.out.splitlines()[0]
    assert "  projectId = " in ended.out


def test_a_file_keeps_every_digit_and_a_rejected_document_is_1(empty, docferry):
    document = '{"entities": {"documentType": "invoice", "totalAmount": 12345678901234567.890, "number": "N"}}'
    (empty / "one.json").write_text(document)
    ended = docferry("map", "preview", ROUTE, "one.json", "--json")
    assert ended.code == 1
    assert '"value": 12345678901234567.890' in ended.out
    shown = ended.json
    assert (shown["result"], shown["payload"]) == ("rejected", None)
    assert {problem["target"]: problem["line"] for problem in shown["problems"]} == {
        "attributes.title": line("attributes.title:"),
        "attributes.effective_date": line("attributes.effective_date:"),
        "parties[0].name": line("- name:"),
    }
    currency = next(field for field in shown["fields"] if field["target"] == "attributes.currency")
    assert (currency["value"], currency["sources"]) == ("EUR", [{"path": "entities.currency"}])
    assert shown["unread"] == {}


def test_a_document_cannot_command_the_terminal(empty, docferry):
    document = {"entities": {"documentType": "invoice", "number": "\x1b[31m", "\x1b]0;x\x07": {"\x9b": "[bold]\x9b"}}}
    (empty / "one.json").write_text(json.dumps(document))
    shown = docferry("map", "preview", ROUTE, "one.json").out
    assert not set(shown) & {"\x1b", "\x9b", "\x07"}
    assert 'entities.\\x1b]0;x\\x07.\\x9b = "[bold]\\u009b"' in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no file one.json"),
        ('{"a": 1', "one.json:1:8: this is not JSON"),
        ("[]", "one.json does not hold an object"),
        (b"\xff{}", "one.json is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_a_sentence(empty, docferry, content, words):
    if content is not None:
        (empty / "one.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    ended = docferry("map", "preview", ROUTE, "one.json", "--json")
    assert (ended.code, ended.json["exit_code"]) == (2, 2)
    assert words in ended.json["error"]
    assert words in ended.err


def test_a_file_is_found_beside_the_route_as_in_its_tests_and_one_that_is_here_goes_before(empty, docferry):
    name = "samples/hypatos_invoice.json"
    assert "mapped" in docferry("map", "preview", ROUTE, name).out
    (empty / "samples").mkdir()
    (empty / name).write_text('{"entities": {"documentType": "here"}}')
    assert "skipped" in docferry("map", "preview", ROUTE, name).out


def test_a_live_document_is_fetched_and_nothing_is_written_anywhere(accounts, docferry):
    control = accounts["hypatos"]["control"]
    documents = httpx.get(control + "state").json()["documents"]
    before = json.dumps(documents, sort_keys=True)
    name = next(iter(documents))
    ended = docferry("map", "preview", ROUTE, name, "--json")
    assert ended.json["document"] == f"{name} as it is at hypatos.documents now"
    assert ended.json["fields"] or ended.json["skipped"] or ended.json["problems"]
    assert json.dumps(httpx.get(control + "state").json()["documents"], sort_keys=True) == before
    assert httpx.get(accounts["zefort"]["control"] + "state").json()["contracts"] == {}


def test_a_document_that_is_not_there_is_said_with_the_next_step(accounts, docferry):
    ended = docferry("map", "preview", ROUTE, "no-such-id")
    assert ended.code == 1
    assert "hypatos.documents does not give 'no-such-id'" in ended.err
    assert "--recorded" in ended.err


def test_a_recorded_document_is_shown_as_it_was_judged(accounts, docferry, monkeypatch):
    monkeypatch.setenv("DOCFERRY_KEYS", Fernet.generate_key().decode())
    docferry("run", ROUTE, "--limit", "2")
    contract = next(iter(httpx.get(accounts["zefort"]["control"] + "state").json()["contracts"]))
    for name in ("HYPATOS_BASE_URL", "HYPATOS_CLIENT_ID", "HYPATOS_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)  # the source is not needed
    ended = docferry("map", "preview", ROUTE, contract, "--recorded", "--json")
    assert (ended.code, ended.json["result"]) == (0, "mapped")
    assert "as a run judged it at" in ended.json["document"]


def test_what_was_never_recorded_is_said_with_the_reason(accounts, docferry):
    assert "no run of hypatos_to_zefort has seen it" in docferry("map", "preview", ROUTE, "x", "--recorded").err
    docferry("run", ROUTE, "--limit", "1")
    contract = next(iter(httpx.get(accounts["zefort"]["control"] + "state").json()["contracts"]))
    ended = docferry("map", "preview", ROUTE, contract, "--recorded")
    assert ended.code == 1
    assert "documents are recorded only with DOCFERRY_KEYS" in ended.err
    assert docferry("map", "preview", ROUTE, "--recorded").code == 2
