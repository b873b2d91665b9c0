"""Reading what Hypatos writes, and what it may leave out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConnectorError
from connectors.hypatos import models

LEAST = {"id": "d1", "createdAt": "1990-12-31T15:59:60-08:00", "createdBy": "u", "state": "done", "title": "scan"}
READY = ("done", "doneAutomatically")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_the_least_that_a_document_has_is_enough():
    document = models.document(LEAST, READY)
    assert (document.id, document.files, document.not_ready) == ("d1", [], None)


@pytest.mark.parametrize("state", sorted(models.STATES))
def test_every_known_state_but_the_two_done_ones_is_not_ready(state):
    not_ready = models.document({**LEAST, "state": state}, READY).not_ready
    assert (not_ready is None) == (models.STATES[state] == "ready to export")
    if not_ready is not None:
        assert state in not_ready
        assert models.STATES[state] in not_ready


@pytest.mark.parametrize("state", ["quarantined", None, 7, ["done"]])
def test_a_state_nobody_knows_is_not_ready_and_no_error(state):
    assert models.document({**LEAST, "state": state}, READY).not_ready == f"state is {state!r}"


def test_there_are_thirteen_states():
    assert len(models.STATES) == 13


@pytest.mark.parametrize(
    "change",
    [
        {"state": "transferred"},
        {"externalId": "ct_1"},
        {"externalData": {"a": "b"}},
        {"updatedAt": "2027-01-01T00:00:00Z"},
        {"updatedBy": "docferry"},
        {"completedAt": "2027-01-01T00:00:00Z"},
        {"title": "set by us"},
        {"url": "https://elsewhere.example"},
    ],
)
def test_our_own_feedback_does_not_make_a_new_version(change):
    before = {**LEAST, "entities": {"number": "1"}}
    assert models.document({**before, **change}, READY).version == models.document(before, READY).version


@pytest.mark.parametrize(
    "change", [{"entities": {"number": "2"}}, {"fileId": "f2"}, {"projectId": "p2"}, {"files": [{"id": "f3"}]}]
)
def test_other_content_makes_a_new_version(change):
    before = {**LEAST, "entities": {"number": "1"}, "fileId": "f1", "files": [{"id": "f1"}], "projectId": "p1"}
    assert models.document({**before, **change}, READY).version != models.document(before, READY).version


@given(entities=st.dictionaries(st.text(), json_values, max_size=4), seed=st.randoms())
def test_the_order_of_keys_and_files_does_not_make_a_new_version(entities, seed):
    files = [{"id": "f1", "mainFile": True}, {"id": "f2"}]
    pairs = list(entities.items())
    seed.shuffle(pairs)
    one = {**LEAST, "entities": entities, "files": files}
    other = {"files": files[::-1], "entities": dict(pairs), **LEAST}
    assert models.document(one, READY).version == models.document(other, READY).version


def test_a_cent_more_is_another_version():
    amounts = [Decimal("12345678901234567.89"), Decimal("12345678901234567.90")]
    versions = {models.document({**LEAST, "entities": {"total": amount}}, READY).version for amount in amounts}
    assert len(versions) == 2


def test_the_main_file_comes_first_wherever_it_is_listed():
    files = models.files(
        {**LEAST, "fileId": "f2", "files": [{"id": "f1", "type": "annex"}, {"id": "f2", "mainFile": True}]}
    )
    assert [(file.id, file.main) for file in files] == [("f2", True), ("f1", False)]


def test_without_a_list_of_files_the_main_file_is_the_only_one():
    assert [(file.id, file.main) for file in models.files({**LEAST, "fileId": "f1"})] == [("f1", True)]


@given(files=json_values, main=json_values)
def test_no_shape_of_the_list_of_files_is_an_error(files, main):
    models.document({**LEAST, "files": files, "fileId": main}, READY)


def test_a_title_that_is_a_file_name_is_the_guess_for_the_main_file():
    guess = models.files({"title": "Rechnung März.tiff", "fileId": "f1"})[0]
    assert (guess.name, guess.media_type) == ("Rechnung März.tiff", "image/tiff")
    guess = models.files({"title": "Rechnung 4711", "fileId": "f1"})[0]
    assert (guess.name, guess.media_type) == ("Rechnung 4711.pdf", "application/pdf")


def test_the_hint_of_a_listing_moves_with_everything_that_may_mean_a_change():
    def hint(**fields):
        return models.listing({"data": [{**LEAST, **fields}]}).rows[0].version

    first = hint(completedAt="2026-01-01T00:00:00Z", updatedAt="2026-01-01T00:00:00Z")
    assert first == hint(completedAt="2026-01-01T00:00:00Z", updatedAt="2026-01-01T00:00:00Z", externalId="x")
    assert first != hint(completedAt="2026-01-01T00:00:00Z", updatedAt="2026-01-02T00:00:00Z")
    assert first != hint(completedAt="2026-01-02T00:00:00Z", updatedAt="2026-01-01T00:00:00Z")
    assert hint(entities={"number": "1"}) != hint(entities={"number": "2"})


def test_a_list_may_call_its_rows_documents_and_state_no_numbers():
    assert models.listing({"documents": [LEAST]}) == models.listing({"data": [LEAST]})
    assert models.listing({"data": [], "limit": "50", "totalCount": None}).total is None


@pytest.mark.parametrize("body", [None, [], "text", {}, {"data": {}}, {"data": [None]}, {"data": [{"state": "done"}]}])
def test_what_is_no_document_list_stops_the_connection(body):
    with pytest.raises(ConnectorError):
        models.listing(body)
