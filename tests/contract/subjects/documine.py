"""DocuMine for the contract suite."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal

from connectors.documine.sandbox import DocumineSandbox, Switches
from tests.contract.subject import DestinationSubject, Held, HeldFile, SourceSubject, Told

D = "/api/dossier-templates/{}/dossiers/{}"
F = D + "/files/{}"
WATCHED = ("Reports", "Prüfberichte 2026", "Inbox")
FILLED = "Handed in"
"""A dossier that is not there before the first delivery."""
MUTE = "DocuMine takes no messages: there is no call by which it could be told anything"
WHOLE = "lists come whole, without pages and totals, so there is nothing of the kind to go wrong"
PIECE = 64 << 10


class Read(SourceSubject):
    """Analysed files, each list of a dossier being one page."""

    provider, stream = "documine", "files"
    settings = {"poll_seconds": 0.005, "dossier": ",".join(WATCHED)}
    listing, reading, download = f"GET {D}/files", f"GET {F}", "GET /api/downloads/{}/download"
    ordering = f"POST {F}/create-download"
    needed = frozenset({"id", "processingStatus"})
    state = "processingStatus"
    puts_off = True
    exempt = {
        **dict.fromkeys(
            (
                "test_a_delivered_document_is_told",
                "test_a_rejected_document_is_told",
                "test_feedback_takes_effect_once_whatever_answer_is_lost",
                "test_an_answer_that_promises_what_never_happens_is_found_out_by_reading_back",
                "test_a_process_that_dies_in_mid_feedback_goes_on_where_it_stopped",
                "test_feedback_the_provider_refuses_is_told_as_refused",
                "test_a_refusal_that_quotes_what_was_sent_is_told_without_it",
                "test_feedback_about_a_document_that_is_gone_is_refused",
                "test_many_are_told_at_once_and_each_of_them_once",
                "test_a_source_that_is_down_is_told_later",
            ),
            MUTE,
        ),
        **dict.fromkeys(
            (
                "test_short_pages_and_missing_totals_end_no_listing_early",
                "test_a_page_that_comes_twice_hides_nobody",
                "test_a_server_that_shows_the_same_page_for_ever_is_not_read_for_ever",
            ),
            WHOLE,
        ),
    }

    def sandbox(self):
        return DocumineSandbox(0, 7, Switches(step=0.0, package_time=0.0))

    def add(self, app, wanted):
        dossier = next(one for one in app.store.dossiers.values() if one.name == WATCHED[app.store.numbers % 3])
        record = app.store.put(dossier, wanted.name, "application/pdf", wanted.content, len(wanted.content), "")
        if wanted.name == "one.pdf":  # names are unique within a dossier; a second file of that name would replace it
            record.name = f"one {record.number}.pdf"
        record.components = {"Study_Title": ["Acute toxicity"], "Cost": [str(wanted.amount)]}
        return record.id

    def edit(self, app, document_id):
        app.act({"edit": document_id, "components": {"Cost": ["11.50", "12"]}})

    def remove(self, app, document_id):
        app.act({"purge": document_id})

    def take_away(self, app, document_id):
        app.act({"status": document_id, "to": "REPROCESS"})

    def throw_away(self, app, document_id):
        app.act({"trash": document_id})

    def put_back(self, app, document_id):
        app.act({"reprocess": document_id})

    def rows(self, answer):
        return answer["files"]

    def around(self, size):
        return enclosing(size)

    def amount(self, document):
        cost = document.fields["components"]["Cost"]
        return Decimal(cost) if isinstance(cost, str) else cost

    def delivered(self, external_id):  # noqa: ARG002 -- nothing can be told
        return {}

    def rejected(self, reason):  # noqa: ARG002 -- the same
        return {}

    def impossible(self):
        return {"status": "exported"}

    def told(self, app, document_id):
        writes = [one for one in app.log if document_id in one[2] and not one[1].startswith("GET ")]
        return Told(len(writes), 0)


class Uploaded(DestinationSubject):
    """Files as they are uploaded. A record is all of one delivery's files in a dossier."""

    provider, stream = "documine", "files"
    settings = {"settle_seconds": 0.2, "dossier": FILLED}
    reading, creating = f"GET {F}", f"POST {D}/files"
    amounts = renames = False
    optional, pieces = "name", 4
    busy = {"step": 10.0}
    exempt = {
        "test_money_keeps_every_digit": "DocuMine holds files; no values travel beside them",
        "test_an_address_that_nobody_knows_is_no_verdict_on_the_document": "the address is that of a dossier, which a"
        " document may name itself",
        "test_what_a_person_added_stays_when_an_update_comes": "nothing hangs on a file that a person could have added",
    }

    def sandbox(self):
        return DocumineSandbox(0, 7, Switches(step=0.0))

    def payload(self, title, amount):  # noqa: ARG002 -- a file has no amount
        return {"name": title, "dossier": FILLED}

    def refused(self):
        return {"name": "x" * 300}, "name"

    def shown(self, title):
        kept = "".join(" " if sign in '\\/:*?"<>|' else sign for sign in title)
        return " ".join(kept.split())[:50]

    def held(self, app):
        return [
            _held(app, dossier, marker)
            for dossier in app.store.dossiers.values()
            for marker in dict.fromkeys(_marker(one.name) for one in dossier.files.values())
        ]

    def finish(self, app):
        app.act({"advance": 60})

    def refuse(self, app, external_id):
        app.act({"status": external_id, "to": "ERROR"})

    def trash(self, app, external_id):
        app.act({"trash": external_id})

    def lag(self, app, seconds):
        app.switches.listing_lag = seconds


def _marker(name):
    """Return what the names of one delivery's files have in common."""
    return re.search(r"\[gw-([0-9a-f]{16})-[0-9a-f]{8}\]", name)[1]


def _held(app, dossier, marker):
    records = [one for one in dossier.files.values() if _marker(one.name) == marker]
    main = records[0]
    parts = [f"template {dossier.template.name}", f"made in {dossier.id}"]
    parts += [f"dossier {one.name}" for one in app.store.dossiers.values() if one.name == dossier.name]
    parts += [f"upload {number} of {one.name}" for one in records for number in range(1, one.uploads + 1)]
    files = [HeldFile(one.name, one.size, one.sha256) for one in records]
    shown = app.state()["documents"]
    whole = (dossier.id, repr([(one.id, shown[one.id]) for one in records]))
    return Held(main.id, main.name.partition(" [gw-")[0], None, files, whole, parts)


class _Ends:
    """Takes what a ZIP is made of and keeps all but the content."""

    def __init__(self):
        self.before, self.after, self.passed = io.BytesIO(), io.BytesIO(), False

    def write(self, chunk):
        if len(chunk) == PIECE:
            self.passed = True
        else:
            (self.after if self.passed else self.before).write(chunk)
        return len(chunk)

    def flush(self):
        pass


def enclosing(size):
    """Return what a package has before and after its only file of so many zero bytes."""
    ends = _Ends()
    with zipfile.ZipFile(ends, "w", zipfile.ZIP_STORED) as package, package.open("one.pdf", "w") as entry:
        for _ in range(size // PIECE):
            entry.write(bytes(PIECE))
    return ends.before.getvalue(), ends.after.getvalue()


SUBJECTS = (Read(), Uploaded())
