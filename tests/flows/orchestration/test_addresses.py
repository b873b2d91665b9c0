"""Who answers at the address of a Prefect server: Prefect, somebody else's Prefect, or some other program."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import asynccontextmanager

import pytest

from connectors.settings import SettingsError
from flows.orchestration.addresses import free_port, healthy
from state.errors import StateError

PAGE = "<!DOCTYPE html><title>a page for every address</title>"


@asynccontextmanager
async def answering(text):
    """Serve the same text at every address; yields the port."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def process(*words):
    """Run a program; yields it."""
    started = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    try:
        yield started
    finally:
        started.kill()
        await started.wait()


async def test_a_page_that_answers_everything_is_not_taken_for_prefects_api():
    async with answering(PAGE) as port:
        with pytest.raises(StateError, match="whose address ends in /api"):
            await healthy(f"http://127.0.0.1:{port}", None, None, 5)
    async with answering("true") as port:
        await healthy(f"http://127.0.0.1:{port}/api", None, None, 30)


@pytest.mark.parametrize("address", ["http://127.0.0.1:port/api", "127.0.0.1:4200/api", "garbage"])
async def test_an_address_that_is_none_is_one_sentence(address):
    with pytest.raises(SettingsError, match="PREFECT_API_URL is no address; write it as http"):
        await healthy(address, None, None, 30)


async def test_who_was_quicker_to_take_the_port_is_not_taken_for_the_server_that_was_started(tmp_path):
    log = tmp_path / "server.log"
    log.write_text("starting\nPort 4200 is already in use\n")
    async with answering("true") as port, process("sleep", "60") as ours:
        with pytest.raises(StateError, match=r"did not answer within 5 s .Port 4200 is already in use.*server\.log"):
            await healthy(f"http://127.0.0.1:{port}/api", ours, log, 5)


async def test_the_server_that_was_started_is_known_by_the_port_it_listens_at(tmp_path):
    script = (
        "import socket, sys\n"
        "one = socket.create_server(('127.0.0.1', 0))\n"
        "print(one.getsockname()[1], flush=True)\n"
        "while True:\n"
        "    there, _ = one.accept()\n"
        "    there.recv(9999)\n"
        "    there.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\nConnection: close\\r\\n\\r\\ntrue')\n"
        "    there.close()\n"
    )
    async with process(sys.executable, "-c", script) as ours:
        port = int(await ours.stdout.readline())
        await healthy(f"http://127.0.0.1:{port}/api", ours, tmp_path / "server.log", 60)


def test_a_port_in_use_is_told_and_the_next_free_one_is_found():
    words = "is in use; choose another one with --port"
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingsError, match=words):
        free_port(taken.getsockname()[1])
    assert free_port(None) >= 4200
