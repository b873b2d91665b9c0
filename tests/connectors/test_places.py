"""Of several places that have a setting the first one counts, and no place may send another one's secret elsewhere."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.places import Place, locate, places
from connectors.settings import ConnectionSettings, HttpsUrl, SettingsError, variable

NAMES = ("base_url", "client_id", "client_secret", "token_path")
PLACES = ("environment", "env file", "secrets directory", "vault", "block")


class Settings(ConnectionSettings):
    """The settings of a provider."""

    base_url: HttpsUrl = "https://default.example.com"
    client_id: str = "default"
    client_secret: SecretStr = SecretStr("default")
    token_path: str = "default"


def value(place: str, setting: str) -> str:
    """Return a value that says where it was put."""
    text = f"{place}-{setting}".replace(" ", "-").replace("_", "-")
    return f"https://{text}.example.com" if setting == "base_url" else text


@contextmanager
def spread(there: dict[str, set[str]], blank: dict[str, set[str]] | None = None):
    """Put settings into places, and blanks where there is nothing else; yield what `Settings.load` is called with."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as environment:
        folder = Path(name)
        (folder / "secrets").mkdir()
        texts = {
            place: {one: value(place, one) for one in there[place]}
            | dict.fromkeys((blank or {}).get(place, set()) - there[place], " ")
            for place in PLACES
        }
        environment.delenv("DOCFERRY_SECRETS_DIR", raising=False)
        for one, text in texts["environment"].items():
            environment.setenv(variable("shop", one), text)
        lines = [f'{variable("shop", one)}="{text}"' for one, text in texts["env file"].items()]
        (folder / ".env").write_text("\n".join(lines))
        for one, text in texts["secrets directory"].items():
            (folder / "secrets" / variable("shop", one)).write_text(text)
        further = [
            Place(
                place,
                {one: SecretStr(text) for one, text in texts[place].items() if text.strip()},
                guarded=place != "block",
            )
            for place in ("vault", "block")
        ]
        yield "shop", folder / ".env", folder / "secrets", further


anywhere = st.fixed_dictionaries({place: st.sets(st.sampled_from(NAMES)) for place in PLACES})


nowhere: dict[str, set[str]] = {place: set() for place in PLACES}


@given(there=anywhere, blank=anywhere)
@example(there=nowhere | {"block": {"base_url"}, "vault": {"client_secret"}}, blank=nowhere)
@example(there=nowhere | {"block": {"base_url", "client_secret"}, "environment": {"client_secret"}}, blank=nowhere)
def test_of_all_places_that_have_a_setting_the_first_one_counts_and_blanks_are_nothing(there, blank):
    first = {one: next((place for place in PLACES if one in there[place]), None) for one in NAMES}
    astray = first["base_url"] == "block" and first["client_secret"] not in (None, "block")
    with spread(there, blank) as call:
        if astray:
            with pytest.raises(SettingsError, match="SHOP_BASE_URL is from block, but SHOP_CLIENT_SECRET from"):
                Settings.load(*call)
            return
        settings = Settings.load(*call)
        got = {one: getattr(settings, one) for one in NAMES}
        got["client_secret"] = got["client_secret"].get_secret_value()
        assert got == {
            one: value(place, one)
            if place
            else Settings.model_fields[one].default
            if one != "client_secret"
            else "default"
            for one, place in first.items()
        }


@given(there=anywhere)
def test_where_a_setting_is_from_is_what_its_value_says(there):
    with spread(there) as (connection, env_file, secrets_dir, further):
        searched = places(Settings, variable(connection, ""), env_file, secrets_dir, further)
        for one in locate(NAMES, searched):
            holding = [place for place in PLACES if one.setting in there[place]]
            found = one.place.values[one.setting]
            assert found is not None
            assert found.get_secret_value() == value(holding[0], one.setting)
            assert len(one.hidden) == len(holding) - 1
        assert {one.setting for one in locate(NAMES, searched)} == set.union(*there.values())


def vault(**values: str | None) -> Place:
    return Place("the vault", {name: None if text is None else SecretStr(text) for name, text in values.items()})


def test_what_cannot_be_read_is_not_passed_over_for_a_later_place_and_does_not_matter_behind_an_earlier_one(
    monkeypatch,
):
    block = Place("a block", {"client_secret": SecretStr("from the block")}, guarded=False)
    with pytest.raises(
        SettingsError, match=r"SHOP_CLIENT_SECRET is in the vault, but cannot be read: no key of DOCFERRY_KEYS"
    ):
        Settings.load("shop", None, further=[vault(client_secret=None), block])
    monkeypatch.setenv("SHOP_CLIENT_SECRET", "from-here")
    settings = Settings.load("shop", None, further=[vault(client_secret=None), block])
    assert settings.client_secret.get_secret_value() == "from-here"


def test_a_block_may_name_the_server_of_its_own_secret_and_a_vault_that_of_any(monkeypatch):
    both = {"base_url": SecretStr("https://there.example.com"), "client_secret": SecretStr("from the block")}
    assert (
        Settings.load("shop", None, further=[Place("a block", both, guarded=False)]).base_url
        == "https://there.example.com"
    )
    monkeypatch.setenv("SHOP_CLIENT_SECRET", "from-here")
    settings = Settings.load("shop", None, further=[vault(base_url="https://there.example.com")])
    assert settings.base_url == "https://there.example.com"


def test_a_block_cannot_name_the_server_of_a_login_that_is_given_by_another_place(monkeypatch):
    block = Place("a block", {"base_url": SecretStr("https://evil.example.com")}, guarded=False)
    monkeypatch.setenv("SHOP_TOKEN_PATH", "https://login.example.com/token")
    with pytest.raises(SettingsError, match=r"SHOP_BASE_URL is from a block, but SHOP_TOKEN_PATH from the environment"):
        Settings.load("shop", None, further=[block])


def test_a_missing_setting_names_the_further_places_too():
    class Needs(ConnectionSettings):
        base_url: HttpsUrl = "https://api.example.com"
        api_key: SecretStr

    with pytest.raises(
        SettingsError, match=r"SHOP_API_KEY is not set \(looked in .*, the vault, a block \(no such block\)\)"
    ):
        Needs.load("shop", None, further=[vault(), Place("a block (no such block)", {})])


def test_a_value_is_judged_alone_and_not_shown():
    assert Settings.complaint("shop", "base_url", "https://api.example.com") == ""
    said = Settings.complaint("shop", "base_url", "http://hunter2.example.com")
    assert said == "SHOP_BASE_URL is wrong: must begin with https, since credentials are sent there"
