"""The form of a manual run: what it refuses, it refuses by the schema that Prefect's server checks it with."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import build_error_obj, validate
from pydantic import ValidationError

from flows.orchestration.forms import Request, What
from flows.selection import Selection
from flows.sync import sync

SCHEMA = parameter_schema(sync).model_dump_for_openapi()
ROUTE = "hypatos_to_zefort"
DAY = "2026-11-01"


def refused(request):
    """Return the fields of the request that the form marks as wrong, with what it says there."""
    errors = build_error_obj(validate({"route": ROUTE, "request": request}, SCHEMA))["errors"]
    return {one["property"]: one["errors"] for each in errors for one in each["errors"]}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"what": "all due", "documents": [], "since": None, "limit": None, "reason": None},
        {"what": "only these documents", "documents": ["4711"]},
        {"what": "rejected again", "since": DAY},
        {"what": "full sweep", "since": None, "limit": 1, "reason": "the account was down"},
        {"what": "dry run", "documents": ["4711"]},
    ],
)
def test_what_makes_sense_is_taken(request_):
    assert refused(request_) == {}
    Request.model_validate(request_)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"what": "only these documents"}, "documents"),
        ({"what": "only these documents", "documents": []}, "documents"),
        ({"what": "only these documents", "documents": [" "]}, "documents"),
        ({"documents": ["4711"]}, "documents"),
        ({"what": "full sweep", "documents": ["4711"]}, "documents"),
        ({"what": "all due", "since": DAY}, "since"),
        ({"what": "only these documents", "documents": ["4711"], "since": DAY}, "since"),
        ({"what": "everything"}, "what"),
        ({"limit": 0}, "limit"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_what_makes_none_is_refused_at_its_field(request_, field):
    assert list(refused(request_)) == [field]
    with pytest.raises(ValidationError):
        Request.model_validate(request_)


def test_a_route_that_there_is_not_is_refused():
    assert validate({"route": "hypatos_to_nowhere"}, SCHEMA)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "what": st.sampled_from([what.value for what in What]),
            "documents": st.lists(st.sampled_from(["a", "b", ""]), max_size=2),
            "since": st.sampled_from([None, DAY]),
            "limit": st.sampled_from([None, 0, 3]),
        },
    )
)
def test_the_form_the_model_and_the_engine_agree_on_what_is_wrong(request_):
    try:
        request = Request.model_validate(request_)
    except ValidationError:
        assert refused(request_)
        return
    assert not refused(request_)
    request.selection()


def test_each_choice_asks_the_engine_for_that():
    asked = [Request(what=what, documents=["a"] if what in {What.DOCUMENTS, What.DRY_RUN} else []) for what in What]
    assert [(one.selection(), one.dry_run) for one in asked] == [
        (Selection(), False),
        (Selection(("a",)), False),
        (Selection(rejected=True), False),
        (Selection(sweep=True), False),
        (Selection(("a",)), True),
    ]
    dated = Request(what=What.SWEEP, since=date(2026, 11, 1))
    assert dated.selection().since == datetime(2026, 11, 1, tzinfo=UTC)


def test_every_field_is_explained():
    described = SCHEMA["definitions"]["Request"]["properties"]
    assert all(len(field["description"]) > 20 for field in described.values())
    assert SCHEMA["definitions"]["RouteChoice"]["enum"]
