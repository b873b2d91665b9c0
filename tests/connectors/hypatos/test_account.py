"""Settings of an account that would read more than was meant, or send the credentials elsewhere, are refused."""

from __future__ import annotations

import pytest

from connectors.hypatos import Settings
from connectors.settings import SettingsError


@pytest.fixture(autouse=True)
def set_up(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPATOS_CLIENT_ID", "some-client")
    monkeypatch.setenv("HYPATOS_CLIENT_SECRET", "some-secret")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PROJECTS", ",", "names nothing between its commas"),
        ("PROJECTS", " , ,", "names nothing between its commas"),
        ("STATES", ",", "names nothing between its commas"),
        ("TOKEN_PATH", "http://evil.example.com/x", "must be a path"),
        ("TOKEN_PATH", "//evil.example.com/x", "must be a path"),
        ("VERIFY_WITHIN", "inf", "finite"),
    ],
)
def test_a_wrong_setting_is_refused_when_it_is_read(monkeypatch, name, value, said):
    monkeypatch.setenv(f"HYPATOS_{name}", value)
    with pytest.raises(SettingsError, match=rf"HYPATOS_{name} is wrong: .*{said}"):
        Settings.load("hypatos")


@pytest.mark.parametrize(("value", "read"), [("", ""), ("one", "one"), (" one, two ,", "one, two ,")])
def test_a_list_that_names_something_or_is_left_out_is_fine(monkeypatch, value, read):
    monkeypatch.setenv("HYPATOS_PROJECTS", value)
    assert Settings.load("hypatos").projects == read
