"""A refresh token that works once, and several real processes on one ledger: there is one chain, and it does not break."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager

import httpx
import pytest
from cryptography.fernet import Fernet

from connectors.documine import Settings, connect
from connectors.documine.sandbox import DocumineSandbox, Switches
from connectors.sandbox import serve
from connectors.sandbox_faults import Fault
from flows.running import open_ledger
from flows.settings import Gateway
from flows.tokens import token_store

WORKER = """
import asyncio, sys, time
from connectors.registry import open_connection
from flows.running import open_ledger
from flows.settings import load_gateway
from flows.tokens import token_store

async def main(seconds):
    gateway = load_gateway()
    async with open_ledger(gateway) as ledger:
        connection = await open_connection("documine", token_store=token_store(gateway, ledger, "documine"), env_file=None)
        print("ready", flush=True)
        until = time.monotonic() + seconds
        while True:
            await connection.check()
            if time.monotonic() > until:
                break
        await connection.close()

asyncio.run(main(float(sys.argv[1])))
"""


class Shop:
    """A sandbox on a port, a ledger, and processes that use both."""

    def __init__(self, app, url, folder):
        self.app, self.url = app, url
        self.gateway = Gateway(state_url=f"sqlite:///{folder}/ledger.db", keys=Fernet.generate_key().decode())
        credentials = {name: value for name, value in app.credentials.items() if name not in ("username", "password")}
        self.settings = {"base_url": url, **credentials}
        self.processes = []

    async def log_in(self):
        """Log in as a person does."""
        async with self.connection() as connection:
            request = connection.login.begin()
            form = {"username": self.app.login.username, "password": self.app.login.password}
            async with httpx.AsyncClient(verify=False) as client:
                answer = await client.post(request.address, data=form)
            await connection.login.finish(request, answer.headers["location"])

    @asynccontextmanager
    async def connection(self):
        """Open the connection in this process."""
        async with open_ledger(self.gateway) as ledger:
            store = token_store(self.gateway, ledger, "documine")
            connection = await connect("documine", Settings(**self.settings), token_store=store)
            yield connection
            await connection.close()

    async def start(self, seconds):
        """Start a process that calls all the time."""
        environment = {
            **os.environ,
            "DOCFERRY_STATE_URL": self.gateway.state_url,
            "DOCFERRY_KEYS": self.gateway.keys.get_secret_value(),
            **{f"DOCUMINE_{name.upper()}": value for name, value in self.settings.items()},
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, str(seconds), env=environment, stdout=asyncio.subprocess.PIPE
        )
        self.processes.append(process)
        assert await process.stdout.readline() == b"ready\n"
        return process

    async def kept(self):
        """Read what is kept of the token."""
        async with open_ledger(self.gateway) as ledger:
            return json.loads(await token_store(self.gateway, ledger, "documine").load())

    async def until(self, condition):
        """Wait for something to happen at the sandbox."""
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 -- the sandbox is not ours to signal from
                await asyncio.sleep(0.01)


@pytest.fixture
async def shop(tmp_path):
    app = DocumineSandbox(2, 7, Switches(access_life=1.0))
    async with serve({"documine": app}) as urls:
        opened = Shop(app, urls["documine"], tmp_path)
        yield opened
        for process in opened.processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def test_four_processes_that_refresh_at_the_same_time_leave_one_valid_chain(shop):
    await shop.log_in()
    processes = await asyncio.gather(*(shop.start(3) for _ in range(4)))
    assert await asyncio.gather(*(process.wait() for process in processes)) == [0, 0, 0, 0]
    log = shop.app.login.log
    assert log[0] == ("authorization_code", "200")
    assert set(log[1:]) == {("refresh_token", "200")}
    assert len(log) > 5
    (session,) = shop.app.login.sessions
    assert list(shop.app.login.refresh) == [session.latest]
    assert (await shop.kept())["refresh"] == session.latest


async def test_a_process_that_is_killed_before_it_has_used_its_new_token_leaves_the_chain_whole(shop):
    await shop.log_in()
    shop.app.switches.access_life = 300
    await asyncio.sleep(0.6)
    shop.app.shared.faults.append(Fault("delay", "GET", "/api/*", seconds=30, times=1))
    process = await shop.start(1)
    await shop.until(lambda: shop.app.struck["delay"])
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    assert shop.app.login.log[-1] == ("refresh_token", "200")
    (session,) = shop.app.login.sessions
    assert (await shop.kept())["refresh"] == session.latest
    async with shop.connection() as connection:
        assert "the login works" in await connection.check()
    assert session.refreshes == 1


async def test_processes_that_are_killed_anywhere_keep_nobody_waiting(shop):
    """With a password, what a kill between answer and ledger loses costs one login, and nothing else."""
    shop.settings |= {"username": shop.app.login.username, "password": shop.app.login.password}
    for wait in (0.05, 0.3, 0.7):
        process = await shop.start(30)
        await asyncio.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    async with asyncio.timeout(60), shop.connection() as connection:
        assert "the login works" in await connection.check()
    assert len(shop.app.login.sessions) <= 1 + 3
