"""Settings come from several places, and a missing one says which places were searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr  # noqa: TC002 -- pydantic reads it at run time

from connectors.secrets import mask
from connectors.settings import ConnectionSettings, HttpsUrl, SettingsError, UrlPath, variable
from connectors.urls import checked_url, is_loopback, page


class Settings(ConnectionSettings):
    """The settings of a provider."""

    base_url: HttpsUrl = "https://api.example.com/v2"
    client_id: str
    client_secret: SecretStr
    token_path: UrlPath = "/auth/token"


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOCFERRY_SECRETS_DIR", raising=False)
    return tmp_path


def problems(load, *args, **options):
    with pytest.raises(SettingsError) as caught:
        load(*args, **options)
    return str(caught.value).splitlines()


def test_every_missing_setting_names_every_place_that_was_searched(bare):
    assert problems(Settings.load, "shop") == [
        "SHOP_CLIENT_ID is not set (looked in the environment, .env (no such file), no secrets directory: DOCFERRY_SECRETS_DIR is not set)",
        "SHOP_CLIENT_SECRET is not set (looked in the environment, .env (no such file), no secrets directory: DOCFERRY_SECRETS_DIR is not set)",
    ]
    (bare / "my.env").touch()
    (bare / "vault").mkdir()
    lines = problems(Settings.load, "shop-us", bare / "my.env", bare / "vault")
    assert lines[0] == (
        f"SHOP_US_CLIENT_ID is not set (looked in the environment, {bare}/my.env, secrets directory {bare}/vault)"
    )
    assert "no such directory" in problems(Settings.load, "shop", None, bare / "typo")[0]


def test_the_environment_wins_over_the_file_and_the_file_over_the_directory(bare, monkeypatch):
    (bare / "vault").mkdir()
    (bare / "vault" / "SHOP_CLIENT_ID").write_text("from the directory\n")
    (bare / "vault" / "shop_client_secret").write_text("the-secret-itself\n")
    monkeypatch.setenv("DOCFERRY_SECRETS_DIR", str(bare / "vault"))
    assert Settings.load("shop").client_id == "from the directory"
    (bare / ".env").write_text("SHOP_CLIENT_ID=from the file\nOTHER=1\nOTHER_CLIENT_ID=2\n")
    assert Settings.load("shop").client_id == "from the file"
    monkeypatch.setenv("SHOP_CLIENT_ID", "from the environment")
    assert Settings.load("shop").client_id == "from the environment"
    monkeypatch.setenv("SHOP_CLIENT_ID", "")
    assert Settings.load("shop").client_id == "from the file"


def test_secrets_are_hidden_as_soon_as_they_are_read(monkeypatch):
    monkeypatch.setenv("SHOP_CLIENT_ID", "id")
    monkeypatch.setenv("SHOP_CLIENT_SECRET", "  open-sesame-4711\n")
    settings = Settings.load("shop")
    assert settings.client_secret.get_secret_value() == "open-sesame-4711"
    assert "sesame" not in repr(settings)
    assert mask("open-sesame-4711") == "***"


@pytest.mark.parametrize("value", ["", "   ", "\n"])
def test_an_empty_value_is_no_value(monkeypatch, value):
    monkeypatch.setenv("SHOP_CLIENT_ID", "id")
    monkeypatch.setenv("SHOP_CLIENT_SECRET", value)
    assert [line.split(" (")[0] for line in problems(Settings.load, "shop")] == ["SHOP_CLIENT_SECRET is not set"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "http://api.example.com"),
        ("BASE_URL", "api.example.com"),
        ("BASE_URL", "https://user:hunter2@api.example.com"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://api.example.com:99999999"),
        ("BASE_URL", "ftp://api.example.com"),
        ("BASE_URL", "https://api.example.com/?key=hunter2"),
        ("MAX_RATE", "hunter2"),
        ("MAX_RATE", "0"),
        ("MAX_RATE", "inf"),
        ("MAX_CONCURRENCY", "0"),
        ("TIMEOUT", "-1"),
        ("TIMEOUT", "nan"),
        ("TOKEN_PATH", "http://evil.example.com/x"),
        ("TOKEN_PATH", "//evil.example.com/x"),
        ("TOKEN_PATH", "auth/token"),
        ("TOKEN_PATH", "/auth/to ken"),
        ("TOKEN_PATH", "/auth?key=hunter2"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(monkeypatch, name, value):
    monkeypatch.setenv("SHOP_CLIENT_ID", "id")
    monkeypatch.setenv("SHOP_CLIENT_SECRET", "secret")
    monkeypatch.setenv(f"SHOP_{name}", value)
    (line,) = problems(Settings.load, "shop")
    assert line.startswith(f"SHOP_{name} is wrong: ")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:99999/v2", "port out of range"),
        ("http://127.0.0.1:0/v2", "port out of range"),
        ("http://127.0.0.1:http/v2", "port out of range"),
        ("http://127.0.0.1:8701/v2?x=1", "no query"),
        ("http://127.0.0.1:8701/v2?", "no query"),
        ("http://127.0.0.1:8701/v2#part", "no fragment"),
        ("https://api.example .com/v2", "must not contain spaces"),
        ("https://api.example.com/v 2", "must not contain spaces"),
        ("https://api.example.com\\@evil.example.com/", "backslashes"),
        ("https://@api.example.com/", "user or password"),
        ("https:api.example.com", "must be a complete address"),
    ],
)
def test_a_wrong_address_is_told_what_is_wrong_with_it(url, said):
    with pytest.raises(SettingsError, match=said):
        checked_url(url)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("SHOP_CLIENT_ID=id\nSHOP_CLIENT_SECRET=Schlüssel-4711\n".encode("latin-1"), 2),
        ("SHOP_CLIENT_ID=id\n".encode("utf-16"), 1),
        ("SHOP_CLIENT_ID=id\n".encode("utf-16-le"), 1),
        (b"SHOP_CLIENT_ID=id\n\n\xff", 3),
    ],
)
def test_an_env_file_that_is_not_utf_8_is_named_with_the_line(bare, content, line):
    (bare / ".env").write_bytes(content)
    (said,) = problems(Settings.load, "shop")
    assert said.startswith(f".env, line {line}: ")
    assert "4711" not in said


def test_a_secret_file_that_is_not_utf_8_is_one_sentence(bare):
    (bare / "SHOP_CLIENT_ID").write_bytes(b"id-\xff-4711")
    (said,) = problems(Settings.load, "shop", None, bare)
    assert said == f"A file in the secrets directory {bare} cannot be read as UTF-8 text"


def test_an_env_file_may_begin_with_a_byte_order_mark(bare):
    (bare / ".env").write_text("SHOP_CLIENT_ID=id\nSHOP_CLIENT_SECRET=secret\n", encoding="utf-8-sig")
    assert Settings.load("shop").client_id == "id"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "shop.localhost"])
def test_this_machine_may_be_talked_to_without_tls_and_without_a_pace(monkeypatch, host):
    monkeypatch.setenv("SHOP_CLIENT_ID", "id")
    monkeypatch.setenv("SHOP_CLIENT_SECRET", "secret")
    assert Settings.load("shop").limits(rate=5).rate == 5
    monkeypatch.setenv("SHOP_BASE_URL", f"http://{host}:8080/v2")
    assert Settings.load("shop").limits(rate=5).rate is None
    monkeypatch.setenv("SHOP_MAX_RATE", "2.5")
    monkeypatch.setenv("SHOP_MAX_CONCURRENCY", "3")
    monkeypatch.setenv("SHOP_TIMEOUT", "7")
    limits = Settings.load("shop").limits(rate=5)
    assert (limits.rate, limits.concurrency, limits.timeout) == (2.5, 3, 7.0)


@pytest.mark.parametrize(
    "host", ["localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "0.0.0.0", "example.com"]
)
def test_other_machines_are_not_this_one(host):
    assert not is_loopback(f"http://{host}/")


@given(text=st.text() | st.text(":/@[]?#.%0", max_size=12).map("http://".__add__))
def test_no_odd_address_gets_past_the_check(text):
    try:
        url = checked_url(text)
    except SettingsError:
        return
    assert url.lower().startswith("https://") or is_loopback(url)


def test_a_setting_has_one_name():
    assert variable("hypatos-us", "base_url") == "HYPATOS_US_BASE_URL"


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example.com/documents/{id}",
        "https://app.example.com/#/documents/{id}?tab=1",
        "https://app.example.com?document={id}",
        "http://127.0.0.1:8080/{id}",
    ],
)
def test_a_page_of_a_document_is_an_address_with_an_id_in_it(monkeypatch, address):
    monkeypatch.setenv("SHOP_CLIENT_ID", "me")
    monkeypatch.setenv("SHOP_CLIENT_SECRET", "secret")
    monkeypatch.setenv("SHOP_PAGE_URL", address)
    assert Settings.load("shop").page_url == address
    filled = page(address, "a/b?c#d {id}é")
    assert filled == address.replace("{id}", "a%2Fb%3Fc%23d%20%7Bid%7D%C3%A9")
    assert page(None, "1") is None


@pytest.mark.parametrize(
    "address",
    [
        "http://app.example.com/{id}",
        "https://app.example.com/documents",
        "https://{id}.example.com/",
        "https://app.example.com/{id}/{id}",
        "https://app.example.com/{id}/{name}",
        "https://app.example.com{id}",
        "https://me:hunter2@app.example.com/{id}",
        "javascript:alert('{id}')",
        "/documents/{id}",
        "https://app.example.com/ {id}",
    ],
)
def test_what_is_no_page_of_a_document_is_refused(monkeypatch, address):
    monkeypatch.setenv("SHOP_CLIENT_ID", "me")
    monkeypatch.setenv("SHOP_CLIENT_SECRET", "hush-hush")
    monkeypatch.setenv("SHOP_PAGE_URL", address)
    (said,) = problems(Settings.load, "shop")
    assert said.startswith("SHOP_PAGE_URL is wrong: must ")
    assert "hunter2" not in said
