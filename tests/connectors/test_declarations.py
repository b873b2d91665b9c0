"""Declarations of streams: what is wrong is said with file and key, and all of it at once."""

import pytest

from connectors.declarations import read_streams
from connectors.sql.declared import TableStream
from connectors.urls import SettingsError


@pytest.fixture
def read(tmp_path):
    def one(text):
        (tmp_path / "streams.yaml").write_text(text)
        return read_streams("dwh", str(tmp_path / "streams.yaml"), TableStream)

    return one


@pytest.mark.parametrize("text", ["streams: {a: {table: b}}", "a: {table: b}", '{"streams": {"a": {"table": "b"}}}'])
def test_streams_may_stand_at_the_top_or_under_a_key_in_yaml_or_json(read, text):
    assert read(text)["a"].table == "b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: {tabel: b}", r"streams.yaml: a.tabel is unknown; did you mean table\?"),
        ("a: {zzz: b}", "a.zzz is unknown; known are table, key, children"),
        ("a: {children: {lines: {table: x, parnt: y}}}", r"a.children.lines.parnt is unknown; did you mean parent\?"),
        ("a: {children: {lines: {table: x}}}", "a.children.lines.parent is missing"),
        ("a: {table: 7}", "a.table: input should be a valid string"),
        ("a: {table: b, table: c}", "streams.yaml:1:15: the key 'table' is there twice"),
        ("a: [", "streams.yaml:1:5"),
        ("", "declares no streams"),
        ("- a", "declares no streams"),
        ("a: 1", "a: input should be"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(read, text, words):
    with pytest.raises(SettingsError, match=words):
        read(text)


def test_names_are_text_however_they_look(read):
    streams = read("no: {table: yes, key: 2026-01-01}\n1: {table: 1_000}\n")
    assert {name: (one.table, one.key) for name, one in streams.items()} == {
        "no": ("yes", "2026-01-01"),
        "1": ("1_000", None),
    }
    with pytest.raises(SettingsError, match="the key '1' is there twice"):
        read("1: {table: a}\n'1': {table: b}\n")


def test_everything_is_said_at_once(read):
    with pytest.raises(SettingsError) as refused:
        read("a: {tabel: b}\nb: {kee: c}")
    assert len(str(refused.value).splitlines()) == 2


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"no\.yaml cannot be read \(No such file"):
        read_streams("dwh", str(tmp_path / "no.yaml"), TableStream)
    (tmp_path / "latin.yaml").write_bytes("a: {table: ü}".encode("latin-1"))
    with pytest.raises(SettingsError, match=r"latin\.yaml is not UTF-8"):
        read_streams("dwh", str(tmp_path / "latin.yaml"), TableStream)
