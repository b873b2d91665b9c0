"""What DocuMine may write down in many ways is read, what it cannot mean is an error, and nothing else happens."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.documine.models import Reading, instant
from connectors.documine.paths import Names
from connectors.errors import ConnectorError
from connectors.sandbox_http import json_reply
from connectors.settings import SettingsError

NAMES = Names()
READ = Reading(NAMES)
WORDS = sorted(
    {word for value in (getattr(NAMES, name) for name in Names.__slots__) if isinstance(value, tuple) for word in value}
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=20,
)
OBJECT = st.dictionaries(st.sampled_from(WORDS), JSON, max_size=12)


@given(JSON | OBJECT)
def test_whatever_is_answered_is_read_or_is_an_error_of_the_connector(body):
    for read in (
        READ.components,
        READ.package,
        lambda it: [READ.file(row) for row in READ.rows(it, NAMES.file_list, "the list")],
        lambda it: [READ.template(row) for row in READ.rows(it, NAMES.template_list, "the list")],
        lambda it: [READ.dossier(row) for row in READ.rows(it, NAMES.dossier_list, "the list")],
    ):
        try:
            read(body)
        except ConnectorError:
            continue
    assert isinstance(READ.uploaded(body), str)


@given(OBJECT)
def test_a_file_of_any_make_is_read_or_lacks_an_id(row):
    try:
        file = READ.file(row)
    except ConnectorError:
        assert not any(
            type(row.get(name)) is int or (isinstance(row.get(name), str) and row[name]) for name in NAMES.file_id
        )
        return
    assert file.standing in ("running", "processed", "failed", "deleted")
    assert READ.file(dict(reversed(row.items()))) == file


def test_ids_that_are_numbers_are_read_as_text():
    assert READ.file({"id": 4711}).id == READ.file({"id": [], "fileId": "4711"}).id == "4711"
    assert READ.template({"id": 0, "name": "x"}).id == "0"
    assert READ.dossier({"dossierId": 7, "name": "x"}).id == "7"
    assert READ.uploaded({"fileIds": [4711]}) == "4711"
    package = READ.package({"storageId": 12, "fileIds": [4711], "status": "READY"})
    assert (package.id, package.files) == ("12", {"4711"})
    with pytest.raises(ConnectorError):
        READ.file({"id": True})


@given(st.dictionaries(st.text(max_size=6), st.lists(st.text(max_size=6), max_size=3), max_size=6))
def test_the_order_of_components_does_not_matter_and_every_value_does(values):
    one = READ.components({"components": values})
    other = READ.components({"components": dict(reversed(values.items()))})
    assert one.digest == other.digest
    assert one.values == values
    changed = {**values, "new": ["x"]} if values.get("new") != ["x"] else {**values, "new": ["y"]}
    assert READ.components({"components": changed}).digest != one.digest


def test_a_single_value_and_none_are_read_like_lists():
    read = READ.components({"components": {"a": "one", "b": None, "c": ["x", ""]}, "componentDetails": None})
    assert read.values == {"a": ["one"], "b": [], "c": ["x", ""]}


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("PROCESSED", "processed"),
        ("ERROR", "failed"),
        ("DELETED", "deleted"),
        ("REPROCESS", "running"),
        ("INDEXING", "running"),
        ("NOBODY_KNOWS", "running"),
        (None, "running"),
        (7, "running"),
    ],
)
def test_only_three_statuses_are_an_end(status, standing):
    assert READ.file({"id": "x", "processingStatus": status}).standing == standing


def test_a_file_in_the_trash_is_deleted_whatever_its_status():
    row = {"id": "x", "processingStatus": "PROCESSED", "softDeletedTime": "2025-11-20T09:00:00Z"}
    assert READ.file(row).standing == "deleted"


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 -- zones follow
def test_both_spellings_of_a_moment_are_one_moment(moment):
    moment = moment.replace(microsecond=0)
    z, offset = (moment.strftime(f"%Y-%m-%dT%H:%M:%S{end}") for end in ("Z", ".000+00:00"))
    assert instant(z) == instant(offset) == moment.replace(tzinfo=UTC)
    hints = {READ.file({"id": "x", "lastProcessed": spelt}).hint for spelt in (z, offset)}
    assert len(hints) == 1


@pytest.mark.parametrize(
    "garbage",
    [None, "", "soon", 17, {}, "2025-13-45", "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-05:00"],
)
def test_what_is_no_moment_is_none(garbage):
    assert instant(garbage) is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"fileIds": ["a", "b"]}, "a"),
        ({"fileIds": [], "processedFileIds": ["c"]}, "c"),
        ({"fileId": "d"}, "d"),
        ({"id": "e"}, "e"),
        ({"fileIds": []}, ""),
        ({}, ""),
        (None, ""),
        (["a"], ""),
    ],
)
def test_every_answer_to_an_upload_is_understood(body, found):
    assert READ.uploaded(body) == found


# The table of names


def test_a_correction_may_be_text_or_a_file_and_leaves_the_rest_alone(tmp_path):
    text = json.dumps({"components": "/api/v2/{file}", "file_id": "documentId", "processed": ["PROCESSED", "FINISHED"]})
    (tmp_path / "names.json").write_text(text)
    for given_ in (text, str(tmp_path / "names.json")):
        names = Names.load(given_)
        assert (names.components, names.file_id) == ("/api/v2/{file}", ("documentId",))
        assert names.processed == ("PROCESSED", "FINISHED")
        assert names.templates == NAMES.templates
    assert Names.load("") == NAMES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"componets": "x"}', "no place for componets"),
        ('{"components": 7}', "wrong"),
        ('{"file_id": [7]}', "wrong"),
        ("{", "not JSON"),
        ("/nowhere/names.json", "cannot be read"),
    ],
)
def test_a_wrong_correction_is_told_before_anything_is_sent(text, words):
    with pytest.raises(SettingsError, match=words):
        Names.load(text)


async def test_a_corrected_path_and_name_are_what_is_asked(open_account):
    account = await open_account(
        settings={"names": '{"components": "/api/extracted/{file}", "component_map": "found"}'}
    )

    async def elsewhere(call):
        return json_reply(200, {"found": {"Title": ["from " + call.ids[0]]}})

    account.app.route("GET", "/api/extracted/{}", elsewhere)
    file_id = await account.first()
    assert (await account.source.fetch(file_id)).fields["components"] == {"Title": f"from {file_id}"}
