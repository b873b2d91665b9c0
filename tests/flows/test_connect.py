"""`docferry connect`: a person logs a connection in, and the next run of any process works with it."""

import asyncio
import json
import os
import socket
import sys
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.fernet import Fernet

from connectors.documine.sandbox import DocumineSandbox
from connectors.errors import AccessError
from connectors.registry import open_connection
from connectors.sandbox import serve
from connectors.settings import SettingsError
from flows.checks import check
from flows.connect import connect
from flows.running import open_ledger
from flows.settings import Gateway
from flows.tokens import token_store


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Desk:
    """A person with a browser, at a machine with settings for the sandbox."""

    def __init__(self, app, url, folder, monkeypatch):
        self.app = app
        self.gateway = Gateway(state_url=f"sqlite:///{folder}/ledger.db", keys=Fernet.generate_key().decode())
        self.redirect = f"http://127.0.0.1:{free_port()}/docferry"
        self.settings = {
            "DOCUMINE_BASE_URL": url,
            "DOCUMINE_REDIRECT_URI": self.redirect,
            **{
                f"DOCUMINE_{name.upper()}": value
                for name, value in app.credentials.items()
                if name not in ("username", "password")
            },
        }
        for name, value in self.settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(folder)
        self.said = asyncio.Queue()

    def say(self, text):
        """Read what the command says."""
        self.said.put_nowait(text)

    async def address(self):
        """Find the address to log in at."""
        return (await self.said.get()).splitlines()[-1]

    async def log_in(self, address):
        """Log in; return the address that the browser is sent to."""
        async with httpx.AsyncClient(verify=False) as client:
            form = {"username": self.app.login.username, "password": self.app.login.password}
            return (await client.post(address, data=form)).headers["location"]

    async def works(self):
        """Use the connection as a later process does."""
        async with open_ledger(self.gateway) as ledger:
            connection = await open_connection("documine", token_store=token_store(self.gateway, ledger, "documine"))
            try:
                return "the login works" in await connection.check()
            finally:
                await connection.close()


@pytest.fixture
async def desk(tmp_path, monkeypatch):
    app = DocumineSandbox(2)
    async with serve({"documine": app}) as urls:
        yield Desk(app, urls["documine"], tmp_path, monkeypatch)


async def test_the_redirect_is_waited_for_and_other_visitors_do_not_disturb(desk):
    command = asyncio.create_task(connect(desk.gateway, "documine", say=desk.say, ask=None, browser=False))
    address = await desk.address()
    redirected = await desk.log_in(address)
    assert redirected.startswith(desk.redirect)
    async with httpx.AsyncClient(verify=False) as client:
        assert (await client.get(desk.redirect.replace("docferry", "favicon.ico"))).status_code == 404
        assert (await client.get(f"{desk.redirect}?code=stolen&state=guessed")).status_code == 404
        answer = await client.get(redirected)
    assert (answer.status_code, "close this page" in answer.text) == (200, True)
    assert "the login works" in await command
    assert await desk.works()
    assert desk.app.login.log == [("authorization_code", "200")]


async def test_the_address_can_be_pasted_where_there_is_no_browser(desk):
    loop = asyncio.get_running_loop()

    def paste():
        async def go():
            return await desk.log_in(await desk.address())

        return asyncio.run_coroutine_threadsafe(go(), loop).result(20)

    assert "the login works" in await connect(desk.gateway, "documine", say=desk.say, ask=paste, browser=False)
    assert await desk.works()


async def test_an_address_of_another_login_is_refused(desk):
    state = f"{desk.redirect}?code=x&state=other"
    with pytest.raises(AccessError, match="another"):
        await connect(desk.gateway, "documine", say=desk.say, ask=lambda: state, browser=False)
    with pytest.raises(AccessError, match="docferry connect documine"):
        await desk.works()


async def test_without_a_key_it_says_so_before_anybody_logs_in(desk):
    gateway = Gateway(state_url=desk.gateway.state_url, keys="")
    with pytest.raises(SettingsError, match="DOCFERRY_KEYS"):
        await connect(gateway, "documine", say=desk.say, ask=None, browser=False)
    assert desk.said.empty()


async def test_a_connection_with_a_password_needs_none(desk, monkeypatch):
    monkeypatch.setenv("DOCUMINE_USERNAME", "u")
    monkeypatch.setenv("DOCUMINE_PASSWORD", "password")
    with pytest.raises(SettingsError, match="needs no login"):
        await connect(desk.gateway, "documine", say=desk.say, ask=None, browser=False)


@pytest.mark.parametrize(
    ("redirect", "words"), [("https://gateway.example.com/x", "not on this machine"), (None, "free it")]
)
async def test_where_the_redirect_cannot_be_heard_it_says_what_to_do(desk, monkeypatch, redirect, words):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("DOCUMINE_REDIRECT_URI", redirect or f"http://127.0.0.1:{taken.getsockname()[1]}/x")
        with pytest.raises(SettingsError, match=words):
            await connect(desk.gateway, "documine", say=desk.say, ask=None, browser=False)


async def test_the_command_itself_takes_a_pasted_address(desk):
    environment = {
        **os.environ,
        "DOCFERRY_STATE_URL": desk.gateway.state_url,
        "DOCFERRY_KEYS": desk.gateway.keys.get_secret_value(),
    }
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "flows.cli", "connect", "documine", "--no-browser",
        env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    async with asyncio.timeout(30):
        await command.stdout.readline()
        address = (await command.stdout.readline()).decode().strip()
        assert urlsplit(address).path.endswith("/auth")
        out, error = await command.communicate((await desk.log_in(address) + "\n").encode())
    assert command.returncode == 0, error.decode()
    assert "the login works" in out.decode()
    for secret in (desk.app.login.client_secret, json.dumps(list(desk.app.login.access))[2:-2]):
        assert secret not in out.decode() + error.decode()
    assert await desk.works()


ROUTE = """
source: documine.files
destination: zefort.contracts
files: main
fields:
  attributes.title: name
"""


async def test_the_check_uses_the_kept_login_and_says_what_to_do_without_one(desk, monkeypatch, tmp_path):
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "out.yaml").write_text(ROUTE)
    gateway = desk.gateway.model_copy(update={"mappings": tmp_path / "routes"})
    monkeypatch.setenv("ZEFORT_API_KEY", "zefort-key")
    monkeypatch.setenv("ZEFORT_BASE_URL", "http://127.0.0.1:9/api/")

    async def found():
        return next(one for one in await check(gateway, ["out"]) if one.what == "connection documine")

    before = await found()
    assert (before.ok, before.exit_code, "docferry connect documine" in before.says) == (False, 3, True)
    loop = asyncio.get_running_loop()

    def paste():
        return asyncio.run_coroutine_threadsafe(desk.log_in(desk.said.get_nowait().splitlines()[-1]), loop).result(20)

    await connect(gateway, "documine", say=desk.say, ask=paste, browser=False)
    after = await found()
    assert (after.ok, "the login works" in after.says) == (True, True)
