"""From a name to an opened connection."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import connectors
from connectors.registry import open_connection, providers
from connectors.settings import SettingsError

PACKAGE = """
from connectors.contract import Connection
from connectors.settings import ConnectionSettings, HttpsUrl
from connectors.traffic import Unpaced

class Settings(ConnectionSettings):
    base_url: HttpsUrl = "https://api.example.com"
    api_key: str

async def connect(name, settings, *, transport=None, token_store=None, memory=None):
    async def check():
        return f"{settings.api_key} {transport} {token_store}"
    async def close():
        pass
    return Connection(name, {}, {}, check, close, Unpaced(lambda: 0))
"""


@pytest.fixture(autouse=True)
def shop(tmp_path, monkeypatch):
    """Put a provider package like the real ones, found where packages of connectors are looked for."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text(PACKAGE)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text('"""No provider: it cannot be connected to."""')
    monkeypatch.setattr(connectors, "__path__", [*connectors.__path__, str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    providers.cache_clear()
    yield
    providers.cache_clear()
    for name in ("shop", "parts"):
        sys.modules.pop(f"connectors.{name}", None)


def test_a_provider_is_a_package_that_can_be_connected_to():
    assert isinstance(providers()["shop"], ModuleType)
    assert "parts" not in providers()


async def test_a_connection_has_the_provider_of_its_name(monkeypatch):
    monkeypatch.setenv("SHOP_API_KEY", "one")
    connection = await open_connection("shop")
    assert (connection.name, await connection.check()) == ("shop", "one None None")


async def test_a_second_account_says_which_provider_it_belongs_to(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("SHOP_US_PROVIDER=shop\nSHOP_US_API_KEY=two\n")
    connection = await open_connection("shop_us", transport="wire", token_store="shelf")
    assert (connection.name, await connection.check()) == ("shop_us", "two wire shelf")


async def test_a_misspelt_provider_is_corrected(monkeypatch):
    with pytest.raises(SettingsError, match=r"no provider shopp; did you mean shop?.*SHOPP_PROVIDER"):
        await open_connection("shopp")
    monkeypatch.setenv("EAST_PROVIDER", "schop")
    with pytest.raises(SettingsError, match=r"EAST_PROVIDER is schop.*did you mean shop?"):
        await open_connection("east")


async def test_a_provider_like_no_other_gets_the_list():
    with pytest.raises(SettingsError, match=r"known are .*shop"):
        await open_connection("xyzzy")


async def test_missing_settings_of_the_provider_are_told():
    with pytest.raises(SettingsError, match=r"SHOP_API_KEY is not set"):
        await open_connection("shop")


async def test_a_connection_knows_where_a_person_looks_at_its_documents(monkeypatch):
    monkeypatch.setenv("SHOP_API_KEY", "one")
    assert (await open_connection("shop")).page_url is None
    monkeypatch.setenv("SHOP_PAGE_URL", "https://app.example.com/{id}")
    assert (await open_connection("shop")).page_url == "https://app.example.com/{id}"
