"""What travels in a call and comes back: every digit, media types, what is packed, and what is no answer although it says so."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.auth import Basic
from connectors.errors import RejectedError, TransientError
from connectors.http import Api

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(value=plain)
async def test_numbers_keep_every_digit_both_ways(value):
    bodies = []

    def echo(request):
        bodies.append(request.content)
        return httpx.Response(200, content=request.content, headers={"content-type": "application/json"})

    api = Api("demo", "https://api.example.com", Basic("u", "password"), transport=httpx.MockTransport(echo))
    back = (await api.call("POST", "/", json=value)).json()
    assert json.loads(bodies[0], parse_float=Decimal) == back == value


async def test_an_amount_is_a_number_on_the_wire_and_a_decimal_in_the_answer(loopback):
    api = await loopback.answering(200, b'{"total": 1234567890123456.10, "tax": 1e2, "lines": 3}')
    answer = await api.call("PUT", "/", json={"total": Decimal("0.10"), "big": Decimal(12345678901234567890123)})
    assert loopback.arrived[0].body == b'{"total":0.10,"big":12345678901234567890123}'
    fields = answer.json()
    assert [str(fields["total"]), fields["tax"], fields["lines"]] == ["1234567890123456.10", Decimal(100), 3]
    assert isinstance(fields["lines"], int)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), "\ud800", object()])
async def test_what_json_cannot_say_never_leaves(loopback, value):
    api = await loopback.answering(200)
    with pytest.raises(RejectedError):
        await api.call("POST", "/", json={"PAYLOAD": value})
    assert api.requests == 0
    await api.call("POST", "/", json={"name": "NaN and Infinity are fine as text"})


async def test_bodies_carry_their_media_type_unless_told_otherwise(loopback):
    api = await loopback.answering(200)
    await api.call("POST", "/", json=None)
    await api.call("POST", "/", text="grüße")
    await api.call("PATCH", "/", json={}, headers={"content-type": "application/merge-patch+json"})
    await api.call("POST", "/", content=b"\0", headers={"content-type": "application/pdf"})
    await api.call("POST", "/")
    seen = [(request.headers.get("content-type"), request.body) for request in loopback.arrived]
    assert seen == [
        ("application/json", b"null"),
        ("text/plain; charset=utf-8", "grüße".encode()),
        ("application/merge-patch+json", b"{}"),
        ("application/pdf", b"\0"),
        (None, b""),
    ]


async def test_a_compressed_answer_is_read(loopback):
    api = await loopback.answering(200, gzip.compress(b'{"a": 1}'), content_encoding="gzip")
    assert (await api.call("GET", "/")).json() == {"a": 1}


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip,gzip,gzip", "br", "zstd"])
async def test_what_is_packed_twice_or_in_an_unknown_way_is_not_unpacked(loopback, coding):
    bomb = gzip.compress(gzip.compress(b" " * 100_000_000))
    api = await loopback.answering(200, bomb, content_encoding=coding)
    with pytest.raises(TransientError, match="garbled"):
        await api.call("POST", "/")
    with pytest.raises(TransientError, match="garbled"):
        async with api.stream("/") as download:
            [chunk async for chunk in download.chunks]


async def test_a_word_that_is_no_coding_leaves_an_answer_as_it_is(loopback):
    api = await loopback.answering(200, b'{"a": 1}', content_encoding="utf-8")
    assert (await api.call("GET", "/")).json() == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        {"error": "internal"},
        {"errors": [{"code": 7}], "id": "x"},
        {"error_description": "no"},
        {"success": False},
        {"title": "Service Unavailable", "status": 503},
    ],
)
async def test_an_error_that_comes_as_a_success_leaves_open_what_became_of_the_call(loopback, body):
    api = await loopback.answering(200, body)
    with pytest.raises(TransientError, match="answered 200 with an error") as caught:
        await api.call("POST", "/contracts/", json={})
    assert caught.value.arrived == "maybe"
    assert (await api.call("GET", "/contracts/1/")).json() == body


@pytest.mark.parametrize(
    "body", [{"error": None, "errors": [], "id": "x"}, {"status": "error", "title": "x"}, {"success": True}, ["error"]]
)
async def test_a_success_may_have_members_that_could_tell_of_errors(loopback, body):
    api = await loopback.answering(200, body)
    assert (await api.call("POST", "/contracts/", json={})).json() == body


@pytest.mark.parametrize("packed", [True, False])
async def test_an_answer_that_would_fill_the_memory_is_refused(loopback, packed):
    body = b" " * 300_000
    headers = {"content_encoding": "gzip"} if packed else {}

    async def handler(request, writer):
        return loopback.reply(200, gzip.compress(body) if packed else body, **headers)

    api = await loopback.api(handler, largest_answer=100_000)
    with pytest.raises(RejectedError, match="larger than 100000 bytes"):
        await api.call("GET", "/")
