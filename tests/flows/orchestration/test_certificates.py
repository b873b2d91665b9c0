"""How long certificates last is seen at a real server, as the connections would see it."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flows.certificates import look, servers_of
from flows.running import open_ledger
from flows.settings import load_gateway


def certificate(folder, days):
    """Make a certificate of localhost that ends in so many days; return the file with it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days, minutes=5))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{days}.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@asynccontextmanager
async def serving(file):
    """Serve HTTP over TLS with a certificate; yields the address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "localhost", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(("days", "good"), [(30, True), (21, True), (20, False), (0, False)])
async def test_one_that_ends_within_the_limit_is_not_good(tmp_path, monkeypatch, days, good):
    file = certificate(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with serving(file) as address:
        (found,) = await look({address: ("hypatos",)}, least=21)
    assert (found.days, found.good) == (days, good)
    assert f"{days} days" in found.says


async def test_one_that_is_over_or_that_nobody_vouches_for_is_not_good(tmp_path, monkeypatch):
    file = certificate(tmp_path, -1)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with serving(file) as address:
        (over,) = await look({address: ("hypatos",)}, least=21)
    assert not over.good
    assert "expired" in over.says
    monkeypatch.delenv("SSL_CERT_FILE")
    async with serving(certificate(tmp_path, 90)) as address:
        (unknown,) = await look({address: ("hypatos",)}, least=21)
    assert not unknown.good
    assert "certificate verify failed" in unknown.says


async def test_a_server_that_is_not_there_is_told_and_one_on_this_machine_needs_none():
    gone, here = await look({"https://localhost:9": ("a",), "http://127.0.0.1:9": ("b",)}, least=21)
    assert (gone.good, gone.days) == (False, None)
    assert (here.good, here.days) == (True, None)
    assert "nothing to look at" in here.says


async def test_the_servers_are_those_of_connections_that_are_set(empty, monkeypatch):
    monkeypatch.setenv("ZEFORT_API_KEY", "x")
    monkeypatch.setenv("HYPATOS_CLIENT_ID", "x")
    gateway = load_gateway()
    async with open_ledger(gateway) as ledger:
        servers, problems = await servers_of(gateway, ledger)
    assert ("zefort",) in servers.values()
    assert all(address.startswith("https://") for address in servers)
    assert len(problems) == 1
    assert "HYPATOS_CLIENT_SECRET is not set" in problems[0]
