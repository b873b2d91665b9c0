"""What a call refuses to send, and how much of a refusal it reads."""

from __future__ import annotations

import pytest

from connectors.auth import LIFETIME, seconds
from connectors.errors import RejectedError
from connectors.http import quote


def answering(loopback, status, body=b"{}"):
    async def handler(request, writer):
        return loopback.reply(status, body, content_type="application/json")

    return loopback.api(handler, attempts=1)


@pytest.mark.parametrize("nasty", ["x" * 70_000, "\ud800"])
async def test_an_id_or_a_parameter_that_no_address_can_carry_is_refused_before_anything_leaves(loopback, nasty):
    api = await answering(loopback, 200)
    with pytest.raises(RejectedError, match=r"half of a character|too long"):
        await api.call("GET", "/documents/" + quote(nasty))
    with pytest.raises(RejectedError, match=r"half of a character|too long"):
        await api.call("GET", "/documents", params={"q": nasty})
    assert api.requests == 0


@pytest.mark.parametrize("nasty", ["a\r\nx: b", "a\nb", "a\0", "\x7f", "\ud800"])
@pytest.mark.parametrize("size", [1, 2**17])
async def test_what_no_header_can_carry_is_refused_before_anything_leaves(loopback, nasty, size):
    api = await answering(loopback, 200)
    with pytest.raises(RejectedError, match="a header cannot"):
        await api.call("POST", "/documents", content=b"x" * size, headers={"x-name": nasty})
    assert api.requests == 0
    assert (await api.call("POST", "/documents", content=b"x" * size, headers={"x-name": "grün\t"})).status == 200


async def test_of_an_answer_that_is_no_success_no_more_than_a_reason_is_read(loopback):
    body = b'{"message": "no", "echo": "' + b"x" * 3_000_000 + b'"}'
    api = await answering(loopback, 400, body)
    with pytest.raises(RejectedError) as caught:
        await api.call("GET", "/documents")
    assert str(caught.value).endswith("answered 400")


def test_a_lifetime_in_which_no_call_could_be_made_is_none():
    assert [seconds(told) for told in (1e-300, "0.5", 0, -1, "abc")] == [LIFETIME] * 5
    assert seconds(1) == 1
