"""Declarations that could lose or double something are refused, with the way out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.declarations import read_streams
from connectors.rest import Settings
from connectors.rest.declared import ApiStream
from connectors.rest.paths import one, parse, values
from connectors.urls import SettingsError
from tests.connectors.rest.conftest import ALL, CREATE, FIND, KEY, UPDATE

HOLD = "unsettled: hold"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((CREATE, KEY), "invoices: could double a document after a lost answer: add find or idempotency_header"),
        ((CREATE, FIND), "has find but no key"),
        ((CREATE, FIND, KEY, 'file: {path: "/x/{id}"}'), "could double a file after a lost answer: add file.find"),
        ((CREATE, FIND, KEY, UPDATE, "changed: create"), "would never apply"),
        ((CREATE, KEY, HOLD, "key_header: x"), "invoices.key_header is unknown"),
        (("creat: {path: /x}", KEY, HOLD), r"invoices.creat is unknown; did you mean create\?"),
        (("create: {paht: /x}", KEY, HOLD), r"invoices.create.paht is unknown; did you mean path\?"),
        (("create: {path: /x, id: 'a..b'}", HOLD), "invoices.create.id: 'a..b' is no path such as data.id"),
        ((CREATE, HOLD, "update: {path: /x}"), r"invoices.update.path: needs \{id\} in it"),
        (('create: {path: "/x/{id}"}', HOLD), r"invoices.create.path: \{id\} is not known here"),
        ((CREATE, KEY, "find: {path: /x, id: a}"), r"invoices.find: needs \{key\} in its path or params"),
        (
            (CREATE, KEY, 'find: {path: "/x/{key}", id: "items[*].id"}'),
            r"invoices.find: has \[\*\] in id and so needs a key",
        ),
        ((CREATE, HOLD, "key: {field: a, header: b}"), "invoices.key: takes either field or header"),
        ((CREATE, HOLD, "body: xml"), "invoices.body: input should be 'json' or 'form'"),
    ],
)
def test_a_declaration_that_is_not_safe_is_refused(declare, lines, words):
    with pytest.raises(SettingsError, match=words):
        read_streams("erp", declare(*lines), ApiStream)


@pytest.mark.parametrize(
    "lines",
    [
        ALL,
        (CREATE, "idempotency_header: Idempotency-Key"),
        (CREATE, HOLD),
        (CREATE, FIND, KEY, 'file: {path: "/x/{id}"}', HOLD),
        (CREATE, FIND, KEY, 'file: {method: PUT, path: "/x/{id}/{name}"}'),
    ],
)
def test_a_declaration_that_is_safe_is_taken(declare, lines):
    assert read_streams("erp", declare(*lines), ApiStream)["invoices"].create.path == "/invoices"


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ({}, "no way to log in is set"),
        ({"TOKEN": "abcdef", "API_KEY": "ghijkl"}, "two ways to log in are set .TOKEN; API_KEY.; keep one"),
        ({"USERNAME": "x"}, "only a part of USERNAME and PASSWORD is set"),
        ({"CLIENT_ID": "x", "CLIENT_SECRET": "yyyyyy"}, "only a part of CLIENT_ID, CLIENT_SECRET and TOKEN_URL"),
    ],
)
def test_exactly_one_way_to_log_in_is_set(monkeypatch, tmp_path, login, words):
    monkeypatch.chdir(tmp_path)
    for name, value in {"BASE_URL": "https://erp.example.com", "STREAMS": "s.yaml", **login}.items():
        monkeypatch.setenv(f"ERP_{name}", value)
    with pytest.raises(SettingsError, match=words) as refused:
        Settings.load("erp")
    assert "abcdef" not in str(refused.value)


ANSWER = {"data": {"id": 7}, "items": [{"id": "a"}, {"x": 1}, "odd"], "none": None, "yes": True}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("data.id", "7"), ("items[0].id", "a"), ("items[9].id", None), ("none", None), ("yes", None), ("data", None)],
)
def test_a_path_finds_an_id_or_nothing(path, wanted):
    assert one(ANSWER, path) == wanted


def test_a_star_keeps_one_place_per_item():
    assert list(values(ANSWER, parse("items[*].id"))) == ["a", None, None]
    assert list(values([{"id": 1}], parse("[*].id"))) == [1]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abi"), inner, max_size=3),
)


@given(json_like, st.sampled_from(["a", "a.b", "a[0]", "[0].i", "a[*].i", "[*]", "i.a[1].b"]))
def test_no_answer_breaks_a_path(data, path):
    assert one(data, path) is None or isinstance(one(data, path), str)
