"""One call: what leaves, what comes back, and the name of every failure."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.auth import Basic
from connectors.errors import (
    AccessError,
    ConnectorError,
    GoneError,
    NoSuchCallError,
    RejectedError,
    TransientError,
)
from connectors.http import Api, Limits, quote
from connectors.settings import SettingsError


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_a_success(loopback, status):
    api = await loopback.answering(status, b"" if status == 204 else b"[1]")
    answer = await api.call("POST", "/documents")
    assert answer.status == status
    assert answer.headers["Content-Type"] == answer.headers["content-type"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (304, ConnectorError),
        (400, RejectedError),
        (401, AccessError),
        (403, AccessError),
        (404, GoneError),
        (405, NoSuchCallError),
        (501, NoSuchCallError),
        (408, TransientError),
        (101, TransientError),
        (407, AccessError),
        (409, RejectedError),
        (410, GoneError),
        (413, RejectedError),
        (415, RejectedError),
        (418, RejectedError),
        (422, RejectedError),
        (425, TransientError),
        (500, TransientError),
        (503, TransientError),
        (599, TransientError),
    ],
)
async def test_every_other_status_has_one_name(loopback, status, kind):
    api = await loopback.answering(status, b"")
    with pytest.raises(ConnectorError) as caught:
        await api.call("POST", "/documents")
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.connection == "demo"
    if kind is TransientError:
        assert caught.value.arrived == "maybe"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"title": "Document does not exist", "detail": "d", "status": 404}, ": Document does not exist; d"),
        (
            {"detail": [{"loc": ["body", "size"], "msg": "must be a number", "input": "PAYLOAD"}]},
            ": body.size: must be a number",
        ),
        ({"blob": ["is missing", "is needed"], "name": ["is long"]}, ": blob: is missing is needed; name: is long"),
        ({"detail": "line one\n\tline two"}, ": line one line two"),
        ({"echo": {"iban": "PAYLOAD"}, "number": 5}, ""),
        (b"<html>PAYLOAD</html>", ""),
        (b'{"title": "cut', ""),
        (b"", ""),
        ([], ""),
    ],
)
async def test_a_refusal_says_where_and_why_and_never_what_was_sent(loopback, body, said):
    api = await loopback.answering(404, body)
    with pytest.raises(GoneError) as caught:
        await api.call("GET", "/documents/abc", params={"secret": "PAYLOAD"})
    assert str(caught.value) == f"demo: GET /documents/abc answered 404{said}"


async def test_a_long_reason_is_cut_at_300_characters(loopback):
    api = await loopback.answering(400, {"title": "x" * 5000})
    with pytest.raises(RejectedError) as caught:
        await api.call("GET", "/")
    assert len(str(caught.value)) == len("demo: GET / answered 400: ") + 300


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_never_followed_but_its_target_is_told(loopback, status):
    api = await loopback.answering(status, b"", location="https://new.example.com/v3/documents?token=abc")
    with pytest.raises(ConnectorError) as caught:
        await api.call("GET", "/documents")
    assert type(caught.value) is ConnectorError
    assert "set DEMO_BASE_URL to https://new.example.com/v3" in str(caught.value)
    assert "abc" not in str(caught.value)
    assert len(loopback.arrived) == 1


@pytest.mark.parametrize("location", ["http://[::bad:99/", "http://h:99999999/x", "//[", "http://h:port/"])
async def test_a_redirect_to_nowhere_is_told_as_one(loopback, location):
    api = await loopback.answering(302, b"", location=location)
    with pytest.raises(ConnectorError, match="answered 302 and points to an address that cannot be read"):
        await api.call("GET", "/documents")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "https:///x"])
async def test_a_redirect_that_leads_to_no_server_advises_no_setting(loopback, location):
    api = await loopback.answering(302, b"", location=location)
    with pytest.raises(ConnectorError, match=r"answered 302 and points to .*, which is no server$") as caught:
        await api.call("GET", "/documents")
    assert "BASE_URL" not in str(caught.value)


async def test_a_redirect_to_another_server_is_not_called_the_final_address(loopback):
    api = await loopback.answering(302, b"", location="https://login.example.net/sso?back=abc")
    with pytest.raises(ConnectorError) as caught:
        await api.call("GET", "/documents")
    assert "points to https://login.example.net/sso; redirects are not followed: only if that is" in str(caught.value)


async def test_a_redirect_to_a_path_of_the_same_server_names_the_setting(loopback):
    api = await loopback.answering(301, b"", location="/v9/moved")
    with pytest.raises(ConnectorError, match="set DEMO_BASE_URL to the final address"):
        await api.call("GET", "/documents")


async def test_a_redirect_to_an_endless_address_is_told_in_few_words(loopback):
    api = await loopback.answering(302, b"", location=f"https://x.example.net/{'y' * 5000}")
    with pytest.raises(ConnectorError) as caught:
        await api.call("GET", "/documents")
    assert len(str(caught.value)) < 500


async def test_credentials_do_not_travel_over_plain_http():
    with pytest.raises(SettingsError, match=r"demo.*https"):
        Api("demo", "http://api.example.com/v2", Basic("user", "password"))


async def test_the_base_address_keeps_its_path(loopback):
    async def handler(request, writer):
        return loopback.reply()

    url = await loopback.serve(handler)
    for base in (f"{url}/api/", f"{url}/api"):
        for path in ("/contracts/", "contracts/"):
            await loopback.client(base).call("GET", path)
    assert {request.target for request in loopback.arrived} == {"/api/contracts/"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    segment=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text not in {".", ".."}),
    params=st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text("aü &=+%/#?;"))),
)
async def test_ids_and_parameters_arrive_as_they_are(segment, params):
    seen = {}

    def arrived(request):
        seen["target"] = request.url.raw_path.decode()
        return httpx.Response(200)

    api = Api("demo", "https://api.example.com/v2", Basic("u", "password"), transport=httpx.MockTransport(arrived))
    await api.call("GET", f"/documents/{quote(segment)}/x", params=params)
    path, _, query = seen["target"].partition("?")
    assert path.count("/") == 4
    assert unquote(path.split("/")[3]) == segment
    assert parse_qsl(query, keep_blank_values=True) == params


async def test_odd_ids_and_parameters_survive_the_real_wire(loopback):
    api = await loopback.answering(200)
    odd = "a/b?c#d%2Fe+f g&h=ü\u2028😀~.;:@"
    await api.call("GET", f"/documents/{quote(odd)}", params=[("q", odd), ("q", "")])
    path, _, query = loopback.arrived[0].target.partition("?")
    assert unquote(path) == f"/documents/{odd}"
    assert parse_qsl(query, keep_blank_values=True) == [("q", odd), ("q", "")]


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_an_id_that_would_address_something_else_is_refused(segment):
    with pytest.raises(RejectedError):
        quote(segment)


async def test_cookies_are_not_kept(loopback):
    api = await loopback.answering(200, set_cookie="session=1")
    await api.call("GET", "/")
    await api.call("GET", "/")
    assert "cookie" not in loopback.arrived[1].headers


async def test_no_more_calls_are_under_way_than_allowed(loopback):
    now = most = 0

    async def handler(request, writer):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return loopback.reply()

    api = await loopback.api(handler, concurrency=3)
    await asyncio.gather(*(api.call("GET", "/") for _ in range(20)))
    assert most == 3
    assert api.requests == 20


def test_limits_are_those_agreed_on():
    limits = Limits()
    assert (limits.timeout, limits.connect_timeout, limits.deadline) == (60.0, 10.0, 180.0)
    assert (limits.concurrency, limits.rate, limits.attempts, limits.patience) == (16, None, 5, 75.0)
    assert limits.largest_answer == 64 * 2**20
