"""Canaries: secrets and document values must turn up in no log line, no traceback, no ledger row and no report."""

import hashlib
import json
import logging
import sqlite3
from dataclasses import replace

import pytest

from connectors.secrets import hide
from flows.engine import sync
from flows.preview import preview
from tests.flows.world import QUICK, strike, world

NAME, IBAN, NUMBER = "Zyxwagon Qanary Kft", "DE44500105175407324931", "QANARY/2026-0815"
WRONG_DAY, WRONG_CURRENCY = "31.02.QANARY", "Qanarybucks"
VALUES = (NAME, IBAN, NUMBER, WRONG_DAY, WRONG_CURRENCY, "Qanary", "QANARY", "5407324931")


@pytest.fixture
def heard(caplog):
    """Everything our own loggers say, down to the last detail."""
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(
        f"{caplog.handler.format(record)} {vars(record)}"
        for record in caplog.records
        if record.name.split(".")[0] in ("docferry", "connectors", "flows", "state", "mappings", "httpx", "aiohttp")
    )


def fill(it):
    """Put in documents full of canaries: a good one, and one for each way of being rejected by the mapping."""
    supplier = {"id": "S-77", "name": NAME, "vatId": "HU12345676", "iban": IBAN}
    good = {**it.hypatos.store.demo.entities(0), "supplier": supplier, "number": NUMBER, "note": IBAN}
    for change in ({}, {"issuedAt": WRONG_DAY}, {"currency": WRONG_CURRENCY}):
        it.hypatos.act({"add": {"entities": {**good, **change}, "name": "plain.pdf"}})


def written(it, heard):
    """Return everything that was written down: logs, every row of every table, reports."""
    with sqlite3.connect(it.database) as connection:
        rows = "\n".join(connection.iterdump())
    assert 'INSERT INTO "transfer"' in rows
    return heard() + rows + "\n".join(json.dumps(report.as_json(), default=str) for report in it.reports)


def secrets(it):
    return (it.hypatos.client_secret, it.zefort.api_key, *it.hypatos.tokens)


def assert_silent(it, heard, *reports):
    text = written(it, heard) + "".join(json.dumps(report.as_json(), default=str) for report in reports)
    assert [value for value in (*VALUES, *secrets(it)) if value in text] == []


ECHOES = {
    "party": ("POST", "/contracts/*/parties/", 422, {"name": [f"'{NAME}' ({IBAN}) is not allowed"]}),
    "attributes": ("PATCH", "/contracts/*/", 400, {"attributes": [f"{NUMBER}: not unique, see {NAME}"]}),
    "create": ("POST", "/contracts/", 413, {"detail": f"{NAME} {NUMBER} is too large"}),
    "right": ("POST", "/contracts/", 403, {"detail": f"you may not see {NAME}"}),
    "outage": ("POST", "/contracts/*/notes/", 503, {"detail": f"timeout while storing {NAME} {IBAN}"}),
    "key": ("POST", "/contracts/", 403, {"detail": "the key zf-sandbox-key-93ab may not do this"}),
}


@pytest.mark.parametrize("echo", ECHOES)
async def test_a_provider_that_echoes_what_it_was_sent_is_not_quoted_with_it(tmp_path, heard, echo):
    async with world(tmp_path, 0, policy=replace(QUICK, circuit=6, patience=1.0)) as it:
        hide(it.zefort.api_key)
        fill(it)
        method, path, status, body = ECHOES[echo]
        fault = strike(it.zefort, "status", method, path, status=status, body=json.dumps(body))
        await it.run()
        assert fault.struck
        reasons = [problem.reason for problem in it.reports[-1].problems]
        assert any(f"answered {status}" in reason for reason in reasons)
        stops = status in (403, 503)
        assert (f"answered {status}" in (it.reports[-1].stopped or "")) == stops
        assert_silent(it, heard)


async def test_a_good_run_and_a_dry_one_say_no_more_than_they_must(tmp_path, heard):
    async with world(tmp_path, 0) as it:
        fill(it)
        async with it.opened() as opened:
            tried = await preview(opened, it.ledger, policy=QUICK)
        report = await it.finish(1)
        assert (report.delivered, report.rejected) == (1, 2)
        assert any(NAME in str(one) for [one] in it.contracts().values())
        rejections = [str(one["feedback"]) for one in it.documents().values() if one["state"] == "rejected"]
        assert len([text for text in rejections if "message" in text]) == 2
        assert not [text for text in rejections for value in VALUES if value in text]
        assert_silent(it, heard, tried)


async def test_wrong_credentials_are_not_repeated_in_the_complaint(tmp_path, heard):
    async with world(tmp_path, 0, source_secret="qanary-secret-4711") as it:
        body = json.dumps({"title": "Invalid client", "detail": "secret qanary-secret-4711 is wrong"})
        strike(it.hypatos, "status", "POST", "/auth/token", status=400, body=body)
        report = await it.run()
        assert "Invalid client" in report.stopped
        assert "qanary-secret" not in heard() + json.dumps(report.as_json(), default=str)


class Clumsy:
    """A destination with a fault of its own, whose exceptions are full of document values."""

    def __init__(self, destination, where):
        self.inner = destination
        self.where = where

    def check(self, payload):
        if self.where == "check":
            raise ValueError(f"{payload}")

    async def push(self, delivery, _journal):
        try:
            return {}[NAME]
        except KeyError as error:
            raise ValueError(f"{delivery.payload} {IBAN}") from error

    def dropped(self):
        return self.inner.dropped()


@pytest.mark.parametrize("where", ["check", "push"])
async def test_an_unexpected_fault_is_told_by_its_place_and_not_by_its_words(tmp_path, heard, where):
    async with world(tmp_path, 0) as it:
        fill(it)
        async with it.opened() as opened:
            broken = replace(opened, destination=Clumsy(opened.destination, where))
            report = await sync(broken, it.ledger, policy=replace(QUICK, attempts=2))
        assert report.adds_up
        assert (report.delivered, report.failed, report.stopped) == (0, 1, None)
        assert "ValueError" in heard()
        assert f"in {where}" in heard()
        it.reports.append(report)
        assert_silent(it, heard)
        await it.ledger.retry("hypatos_to_zefort", document_ids=None, at=report.started, note="repaired")
        for key, one in it.documents().items():
            if one["state"] == "transferFailed":
                it.hypatos.act({"status": key, "state": "done"})
        await it.finish()
        assert it.astray() == []


async def test_nobody_with_the_database_alone_finds_a_value_by_trying(tmp_path):
    """Currencies, dates and amounts are few enough to try them all, so no plain hash of one may stand in a row."""
    async with world(tmp_path) as it:
        await it.finish()
        with sqlite3.connect(it.database) as database:
            dump = "\n".join(database.iterdump())
        guesses = set()
        for contract in (one for found in it.contracts().values() for one in found):
            tried = [*contract["tags"], "\n".join(contract["tags"]), *contract["notes"]]
            tried += [f"{name}:{str(party[name]).casefold()}" for party in contract["parties"] for name in party]
            for key, value in contract["attributes"].items():
                tried += [str(value), f"{key}|{value}", f"{contract['id']}|{key}|{value}"]
            guesses.update(hashlib.new(kind, text.encode()).hexdigest() for text in tried for kind in ("sha256", "md5"))
        assert len(guesses) > 50
        assert [guess for guess in guesses if guess[:8] in dump] == []
