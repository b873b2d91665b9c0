"""Reading what Contract.fit writes: every spelling the facts allow, and nothing that could crash."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contractfit import choice, models, reading, window
from connectors.contractfit.status import Status, status_of
from connectors.errors import ConnectorError

ID = "65f0c0ffee0000000000d001"
MOMENT = datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=UTC)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from([
    "status_data", "timings", "lock", "reject", "escalate", "submitted", "versions", "prediction", "feedback", "files",
    "last_version", "flag_for_review", "original_filename", "inbox",
])  # fmt: skip


@pytest.mark.parametrize("spelt", [
    "2024-05-06T07:08:09.123000", "2024-05-06T07:08:09.123Z", "2024-05-06T09:08:09.123+02:00",
    "2024-05-06T07:08:09.123000000Z", {"$date": "2024-05-06T07:08:09.123Z"}, {"$date": 1714979289123},
    {"$date": {"$numberLong": "1714979289123"}}, 1714979289123, " 2024-05-06 07:08:09.123 ",
])  # fmt: skip
def test_every_spelling_of_a_moment_is_the_same_moment(spelt):
    assert models.instant(spelt) == MOMENT


@pytest.mark.parametrize(
    "nothing", [None, "", "soon", True, [], {}, {"$date": None}, 10**30, "2024-13-45", {"$date": []}]
)
def test_what_is_no_moment_is_none(nothing):
    assert models.instant(nothing) is None


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001 -- the zone is put on below
def test_a_moment_survives_being_written(moment, hours):
    moment = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert models.instant(models.written(moment)) == moment
    assert models.instant(moment.isoformat()) == moment


def test_the_databases_spellings_are_resolved_at_any_depth():
    raw = {
        "_id": {"$oid": ID},
        "timings": {"receive_time": {"$date": "2024-05-06T07:08:09.123Z"}},
        "n": [{"$numberLong": "12"}, {"$numberDecimal": "12.50"}, {"$numberInt": "x"}],
        "keep": {"$oid": ID, "more": 1},
    }
    plain = models.plain_object(raw, "it")
    assert plain["id"] == ID
    assert "_id" not in plain
    assert plain["timings"] == {"receive_time": "2024-05-06T07:08:09.123000Z"}
    assert plain["n"] == [12, Decimal("12.50"), "x"]
    assert plain["keep"] == {"$oid": ID, "more": 1}


@pytest.mark.parametrize("body", [
    ID, {"id": ID}, {"document_id": ID}, {"_id": ID}, {"_id": {"$oid": ID}}, [{"id": ID}], [ID], {"$oid": ID},
    {"id": None, "_id": {"$oid": ID}}, {"document": {"id": ID}}, {"id": ID, "inbox": "x", "timings": None},
])  # fmt: skip
def test_the_id_of_an_upload_is_found_in_every_form(body):
    assert models.uploaded(body) == ID


@pytest.mark.parametrize("body", [None, {}, [], "accepted", {"message": "accepted"}, 7, [{"id": ID}, {"id": ID}]])
def test_an_answer_without_an_id_is_not_guessed_at(body):
    assert models.uploaded(body) is None


@pytest.mark.parametrize("body", [
    {"results": [{"id": ID}], "total": 1}, [{"results": [{"_id": {"$oid": ID}}], "total": {"$numberInt": "1"}}],
])  # fmt: skip
def test_a_page_is_read_with_and_without_the_list_around_it(body):
    page = models.listing(body)
    assert ([row.id for row in page.rows], page.total) == ([ID], 1)


@pytest.mark.parametrize("body", [None, {}, {"results": None}, {"results": [{}]}, {"results": [None]}, "x"])
def test_a_page_that_is_none_is_not_as_documented(body):
    with pytest.raises(ConnectorError):
        models.listing(body)


def test_an_empty_list_is_an_empty_page():
    assert models.listing([]).rows == []


@given(st.dictionaries(MEMBERS, JSON, max_size=8))
def test_no_document_can_be_so_odd_that_reading_it_fails(fields):
    row = models.listing({"results": [{"id": ID, **fields}]}).rows[0]
    assert isinstance(models.hint(row.fields), str)
    assert status_of(row.fields) in set(Status)
    data = choice.inline(row.fields) or choice.listed(row.fields)
    document = reading.document(row.fields, data, {Status.DONE}, custom_output=True)
    assert document.id == ID
    assert document.version


@pytest.mark.parametrize(("given_", "value"), [
    ([{"gold": "a", "text": "b"}], "a"), ([{"gold": None, "text": "b"}], "b"), ([], None), (None, None), ("c", "c"),
    ({"gold": Decimal("1.10")}, Decimal("1.10")), ([{"gold": False, "text": "x"}], False), ([None], None),
    ([{"value": "v"}, {"gold": "second"}], "v"),
])  # fmt: skip
def test_a_field_holds_the_first_reading_corrected_before_printed(given_, value):
    assert reading.value(given_) == value


def test_nulls_and_absent_members_are_the_same_hint_only_if_they_are_the_same():
    assert models.hint({"lock": None}) == models.hint({})
    assert models.hint({"lock": {"value": True}}) != models.hint({"lock": {"value": False}})
    assert models.hint({"timings": {"done_time": "x"}}) != models.hint({"timings": {"done_time": "y"}})


NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- it gets UTC


@given(st.builds(window.Place, *[st.none() | MOMENTS] * 4), st.lists(st.none() | MOMENTS, max_size=3))
def test_a_window_always_reaches_back_to_what_is_not_finished(place, still_open):
    dates = place.window(NOW, 30)
    assert dates.end == NOW - window.FRESH
    if place.oldest_open is not None and dates.start is not None:
        assert dates.start < place.oldest_open
    after = place.after(dates, NOW, 30, still_open)
    assert window.read(after.text()) == after
    again = after.window(NOW + timedelta(minutes=5), 30)
    for moment in still_open:
        assert again.start is None or moment is None or again.start < moment
    if None in still_open and dates.start is None:
        assert again.start is None or again.start <= datetime(1970, 1, 1, tzinfo=UTC)
    assert after.read_to >= dates.end


@pytest.mark.parametrize("found", ["../../users/me", "", "a b", "x" * 65, "\u00e9", 7, None])
def test_what_can_be_no_id_is_looked_for_instead_of_being_believed(found):
    assert models.uploaded({"id": found}) is None
