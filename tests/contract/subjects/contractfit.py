"""Contract.fit for the contract suite: one inbox, read with user and password, filled with a key."""

from __future__ import annotations

import hashlib
import time

from connectors.contractfit.sandbox import ContractfitSandbox, Switches
from connectors.markers import markers
from tests.contract.subject import DestinationSubject, Held, HeldFile, SourceSubject, Told

SETTLE = 0.2
NUMBER, AMOUNT = "invoice_number", "gross_amount"


class WithLogin(ContractfitSandbox):
    """The sandbox as somebody sees it who has user and password, and so tokens that run out."""

    @property
    def credentials(self):
        return {"username": self.username, "password": self.password, "inbox": super().credentials["inbox"]}


class Documents(SourceSubject):
    """Results of an inbox."""

    provider, stream = "contractfit", "documents"
    settings = {"verify_within": 0.1, "settle_seconds": SETTLE}
    page = {"page_size": 10}
    listing, reading, download = "GET /inboxes/{}/paginated", "GET /documents/{}", "GET /documents/{}/original_file"
    needed = frozenset({"id", "_id", "inbox", "original_filename", "page_count"})
    empty_tells = frozenset({"start_time", "done_time"})
    state = ""
    late = 0.5
    exempt = {
        "test_an_edit_of_an_old_document_is_seen_in_the_next_sweep": "sweeps are made once a day and once a week by the"
        " connector's own clock, which no setting moves",
        "test_a_state_nobody_knows_stops_no_listing_and_is_not_exported": "there is no field with the names of states:"
        " where a document stands follows from flags and times",
    }

    def sandbox(self):
        return WithLogin(0, 7, Switches(processing=0.0, numbers=True))

    def add(self, app, wanted):
        values = {NUMBER: "4711", AMOUNT: wanted.amount}
        document_id = app.act({"add": {"name": wanted.name, "received": self._received(app), "annotations": values}})[
            "id"
        ]
        record = app.store.records[document_id]
        record.content, record.size = wanted.content, len(wanted.content)
        record.sha256 = hashlib.sha256(wanted.content).hexdigest()
        return document_id

    def _received(self, app):
        """Return when the next document comes in, in seconds from now."""
        number = len(app.store.records)
        if number % 5 == 4:
            return -1.0  # beyond the end of the window that is read and remembered
        if number % 2 and not app.requests[self.listing]:
            return -3 * 86400.0  # a second reading does not reach back to it: the first has to be whole
        return -3600.0

    def edit(self, app, document_id):
        data = app.store.records[document_id].versions[-1].data
        number = data["annotations"][NUMBER][0]["gold"]
        app.act({"review": document_id, "annotations": {NUMBER: number + "a"}})

    def remove(self, app, document_id):
        app.act({"delete": document_id})

    def take_away(self, app, document_id):
        app.act({"set": document_id, "state": "escalate"})

    def throw_away(self, app, document_id):
        app.act({"set": document_id, "state": "reject"})

    def put_back(self, app, document_id):
        app.act({"reopen": document_id})
        self.edit(app, document_id)

    def rows(self, answer):
        return answer["results"]

    def amount(self, document):
        return document.fields["fields"][AMOUNT]

    def delivered(self, external_id):
        return {"feedback": {"annotations": {"external_reference": external_id}}, "submitted": True, "archived": True}

    def rejected(self, reason):  # noqa: ARG002 -- reasons cannot be told
        return {"reject": True}

    def impossible(self):
        return {"submitted": True, "reject": True}

    def told(self, app, document_id):
        heard = app.state()["documents"][document_id]["heard"]
        return Told(heard["effective"], heard["repeated"])


class Uploads(DestinationSubject):
    """An inbox that is filled: the documents made of one delivery's files are one record."""

    provider, stream = "contractfit", "documents"
    settings = {"settle_seconds": SETTLE}
    reading, creating = "GET /documents/{}", "POST /documents/{}"
    amounts = amends = renames = False
    optional = "title"
    busy = {"receiving": 30.0}
    exempt = {
        "test_money_keeps_every_digit": "a file and its name are all that can be sent: there is no money in them",
        "test_an_address_that_nobody_knows_is_no_verdict_on_the_document": "the address is that of an inbox, which a"
        " document may name itself",
        "test_what_a_person_added_stays_when_an_update_comes": "an update changes nothing of a document that is there",
    }

    def sandbox(self):
        published = {"envelope": "array", "dates": "Z", "detail": "plain"}
        return ContractfitSandbox(0, 7, Switches(**published, receiving=0.0, processing=0.0, largest_file=64 << 20))

    def payload(self, title, amount):  # noqa: ARG002 -- there is no place for it
        return {"title": title, "inbox": "Verträge & Belege"}

    def refused(self):
        return {"title": ["A"]}, "title"

    def shown(self, title):
        # It becomes the name of a file, which has no room for some signs.
        return " ".join("".join(" " if sign in '\\/:*?"<>|' else sign for sign in title).split())[:50].strip()

    def held(self, app):
        shown = app.state()["documents"]
        keys = {_marker(one["name"]): document_id for document_id, one in shown.items() if _is_main(one["name"])}
        records = {document_id: [document_id] for document_id, one in shown.items() if _is_main(one["name"])}
        for document_id, one in shown.items():
            if not _is_main(one["name"]):
                main = keys.get(_marker(one["name"]).partition("-")[0], document_id)
                records.setdefault(main, []).append(document_id)
        return [_held([(each, shown[each]) for each in ids]) for ids in records.values()]

    def finish(self, app):
        app.act({"advance": 60})
        # For how long a new document may be slow to appear goes by the connector's own clock.
        time.sleep(SETTLE)

    def refuse(self, app, external_id):
        app.act({"finish": external_id, "ends_in": "failed"})

    def trash(self, app, external_id):
        app.act({"delete": external_id})

    def lag(self, app, seconds):
        app.switches.listing_lag = seconds


def _marker(name):
    (marker,) = markers([name])
    return marker


def _is_main(name):
    return "-" not in _marker(name)


def _held(documents):
    files = [HeldFile(one["name"], one["size"], one["sha256"]) for _, one in documents]
    (main, first), *further = documents
    parts = [f"document {one['name'].partition(' [gw-')[0]} {one['sha256'][:8]}" for _, one in further]
    return Held(main, first["name"].partition(" [gw-")[0], None, files, repr(documents), parts)


SUBJECTS = (Documents(), Uploads())
