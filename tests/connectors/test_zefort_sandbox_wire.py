"""How the Zefort sandbox reads dates and forms: every spelling that is allowed, and no other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox_http import Call
from connectors.sandbox_upload import Form
from connectors.zefort.sandbox_search import day_range
from tests.connectors.sandbox_clients import zefort

DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(DAYS, DAYS, DAYS)
def test_ranges_of_plain_days_mean_those_days(today, first, last):
    assert day_range(f"{first:%Y%m%d}-{last:%Y%m%d}", today) == (first, last)
    assert day_range(f"{first:%Y%m%d}-", today) == (first, None)
    assert day_range(f"-{last:%Y%m%d}", today) == (None, last)
    assert day_range("today-", today) == (today, None)


@given(DAYS, st.integers(1, 999))
def test_offsets_in_days_count_from_their_day(today, days):
    step = timedelta(days=days)
    assert day_range(f"today-{days}d-", today) == (today - step, None)
    assert day_range(f"today-{days}d-today+{days}d", today) == (today - step, today + step)
    assert day_range(f"-{today:%Y%m%d}+{days}d", date(2000, 1, 1)) == (None, today + step)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("20240131+1m-", date(2024, 2, 29)),
        ("20240229-1y-", date(2023, 2, 28)),
        ("20240131-1m-", date(2023, 12, 31)),
        ("20241231+2m-", date(2025, 2, 28)),
    ],
)
def test_offsets_in_months_and_years_stay_within_the_month(text, first):
    assert day_range(text, date(2026, 1, 1)) == (first, None)


@pytest.mark.parametrize(
    "text",
    ["", "today", "20240101", "today-0d-", "today -1d-", "20241301-", "2024-01-01", "today-1w-", "-", "today-12345d-"],
)
def test_what_is_not_in_the_grammar_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        day_range(text, date(2026, 1, 1))


async def test_an_offset_needs_its_plus_encoded():
    async with zefort(1) as (_, client):
        assert (await client.get("contracts/?receive_time=-today%2B1d")).json()["count"] == 1
        answer = await client.get("contracts/?receive_time=-today+1d")
        assert (answer.status_code, list(answer.json())) == (400, ["receive_time"])


async def test_receive_time_is_by_whole_days_of_utc():
    async with zefort(1) as (app, client):
        today = datetime.fromtimestamp(app.clock.now(), UTC).date()
        for text, count in (
            (f"{today:%Y%m%d}-{today:%Y%m%d}", 1),
            ("today+1d-", 0),
            ("-today-1d", 0),
            ("today-2d-", 1),
        ):
            assert (await client.get("contracts/", params={"receive_time": text})).json()["count"] == count
        app.act({"advance": 3 * 86400})
        assert (await client.get("contracts/", params={"receive_time": "today-2d-"})).json()["count"] == 0


@given(st.binary(max_size=3000), st.lists(st.integers(1, 400), min_size=1, max_size=20), st.text(max_size=30))
async def test_a_form_means_the_same_in_whatever_pieces_it_arrives(content, cuts, title):
    files = {"blob": ("a.pdf", content, "application/pdf")}
    request = httpx.Request("POST", "http://x", files=files, data={"title": title})
    body, pieces = request.read(), []
    for cut in cuts:
        pieces.append(body[:cut])
        body = body[cut:]
    pieces.append(body)
    messages = [{"body": piece, "more_body": True} for piece in pieces] + [{"body": b""}]
    call = Call({"method": "POST", "query_string": b"", "headers": []}, feed(messages), "/contracts/")
    parts = await Form(request.headers["content-type"], keep=5000, largest=5000).read(call)
    found = {part.name: part for part in parts}
    assert bytes(found["blob"].content) == content
    assert found["blob"].size == len(content)
    assert found["title"].content.decode() == title


def feed(messages):
    waiting = iter(messages)

    async def receive():
        return {"type": "http.request", **next(waiting)}

    return receive
