"""A login that is not HTTP's is not tried again at once after it was refused, however many wait for it."""

from __future__ import annotations

import asyncio

import paramiko
from sqlalchemy import make_url

from connectors.errors import AccessError
from connectors.folder.remote import RemotePlace
from connectors.sql.database import Database
from tests.postgres import SERVER


async def test_sixteen_transactions_of_a_user_that_a_database_does_not_know_log_in_once():
    url = make_url(SERVER).set(username="docferry_nobody")
    database = Database("demo", url.render_as_string(hide_password=False))
    answers = await asyncio.gather(*(database.check() for _ in range(16)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {AccessError}
    assert len({str(answer) for answer in answers}) == 1
    assert database.transactions == 1
    await database.close()


async def test_sixteen_looks_at_a_server_that_refuses_the_password_log_in_once():
    knocked = []

    def opening():
        knocked.append(1)
        raise paramiko.AuthenticationException("refused")

    place = RemotePlace("demo", opening, "/in", renames=True)
    answers = await asyncio.gather(*(place.read(f"f{number}") for number in range(16)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {AccessError}
    assert len(knocked) == 1
