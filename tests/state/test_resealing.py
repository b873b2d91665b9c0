"""When keys are rotated, everything is encrypted with the first one, and it is said when the others may go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, insert, select, update

from state.care import Care
from state.errors import SettingError
from state.ledger import Ledger
from state.models import fingerprint_key, snapshot, token
from state.vault import Vault

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
async def url(tmp_path):
    """Make a ledger whose logins and documents the old key has encrypted."""
    address = f"sqlite:///{tmp_path}/state.db"
    old = Vault([OLD])
    ledger = await Ledger.open(address, vault=old)
    await ledger.save_token("hypatos", old.encrypt("a login"))
    await ledger.close()
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("pragma foreign_keys=off")
        for number in range(1200):
            row = {"transfer_id": number, "route": "r", "taken_at": datetime.now(UTC), "key": old.names[0]}
            connection.execute(insert(snapshot).values(**row, sealed=old.encrypt(f"document {number}")))
    engine.dispose()
    return address


def kept(url):
    """Return every text that a key has encrypted."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [
            *connection.execute(select(snapshot.c.sealed)).scalars(),
            *connection.execute(select(token.c.encrypted)).scalars(),
            *connection.execute(select(fingerprint_key.c.encrypted)).scalars(),
        ]
    engine.dispose()
    return found


async def test_all_that_earlier_keys_have_encrypted_is_opened_by_the_first_alone(url):
    done = await Care(url, vault=Vault([NEW, OLD])).reseal()
    assert (done.documents, done.secrets, done.left) == (1200, 1, 0)
    first = Vault([NEW])
    assert len(kept(url)) == 1202
    assert all(first.is_current(text) for text in kept(url))
    again = await Care(url, vault=Vault([NEW, OLD])).reseal()
    assert (again.documents, again.secrets, again.left) == (0, 0, 0)


async def test_what_no_key_opens_is_counted_as_left(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(update(token).values(encrypted=Vault([Fernet.generate_key().decode()]).encrypt("lost")))
        connection.execute(update(snapshot).where(snapshot.c.transfer_id == 7).values(key="another"))
    engine.dispose()
    done = await Care(url, vault=Vault([NEW, OLD])).reseal()
    assert (done.documents, done.secrets, done.left) == (1199, 0, 2)


async def test_without_a_key_there_is_nothing_to_do(tmp_path):
    with pytest.raises(SettingError, match="DOCFERRY_KEYS is not set"):
        await Care(f"sqlite:///{tmp_path}/state.db", vault=None).reseal()
