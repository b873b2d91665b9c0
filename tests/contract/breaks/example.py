"""Ways to break Example."""

from tests.contract.mutations import Break

# source only
DOCUMENTS = (
    Break(
        "a short page ends the listing",
        "example/source.py",
        "            if not fresh:\n                return\n            seen.update(fresh)\n            yield Page(fresh, None)\n",
        "            yield Page(fresh, None)\n            if len(rows) < self._page_size:\n                return\n",
        "short_pages",
    ),
    Break(
        "a page that repeats itself is asked for for ever",
        "example/source.py",
        "            if not fresh:\n                return\n",
        "",
        "read_for_ever",
    ),
    Break(
        "a version tells where on its page a document stood",
        "example/source.py",
        "Change(row.id, row.revision) for row in rows)",
        'Change(row.id, f"{row.revision} {place}") for place, row in enumerate(rows))',
        "come_twice",
    ),
    Break(
        "the next page is asked for without saying where it begins",
        "example/source.py",
        "after = rows[-1].id",
        'after = ""',
        "every_ready_document or short_pages",
    ),
    Break(
        "every status may be exported",
        "example/source.py",
        "not_ready = None if record.status == READY else",
        "not_ready = None if record.id else",
        "taken_back or nobody_knows",
    ),
    Break(
        "what we have told is part of the version",
        "example/source.py",
        '_CONTENT = ("title", "amount")',
        '_CONTENT = ("title", "amount", "export")',
        "own_feedback",
    ),
    Break(
        "the version does not look at the title",
        "example/source.py",
        '_CONTENT = ("title", "amount")',
        '_CONTENT = ("amount",)',
        "edited_document or put_back",
    ),
    Break(
        "a web page passes for a file",
        "example/source.py",
        "refuse_a_page(download, file, self._client.api.connection)",
        "pass",
        "web_page",
    ),
    Break(
        "a lost answer is not looked up",
        "example/source.py",
        'return "seen" if message.shows(await self._client.document(document_id)) else None',
        "return None",
        "whatever_answer_is_lost or is_told",
    ),
    Break(
        "feedback is not read back",
        "example/source.py",
        "if await find() is None:",
        "if not document_id:",
        "never_happens",
    ),
    Break(
        "impossible feedback is not refused when the route is opened",
        "example/source.py",
        "        words.message(actions)\n",
        "        return\n",
        "refused_when_a_route or nobody_knows_is_refused",
    ),
    Break(
        "two messages that exclude each other are taken, and one of them is lost",
        "example/feedback.py",
        "if len(actions) > 1:",
        "if len(actions) > 2:",
        "can_never_be_taken",
    ),
    Break(
        "ids are put into addresses as they are",
        "example/client.py",
        'await self.api.call("GET", f"/documents/{quote(document_id)}")',
        'await self.api.call("GET", f"/documents/{document_id}")',
        "address_something_else",
    ),
    Break(
        "a document without its id or status passes",
        "example/models.py",
        "if document_id is None or not isinstance(revision, int) or status is None:",
        "if document_id is status is revision is False:",
        "another_kind",
    ),
)

# destination only
RECORDS = (
    Break(
        "a lost answer is not looked up",
        "example/destination.py",
        "return await self._client.find(reference)",
        "return None",
        "lost_answer or every_answer",
    ),
    Break(
        "the marker does not travel in the creating call",
        "example/destination.py",
        '{**delivery.payload, "reference": reference}',
        "delivery.payload",
        "lost_answer or every_answer",
    ),
    Break(
        "the marker is the same for all documents",
        "example/destination.py",
        "reference = delivery_marker(delivery.key)",
        'reference = delivery_marker("docferry")',
        "look_alike or many_pushes or lost_answer",
    ),
    Break(
        "nobody waits for a search that lags",
        "example/destination.py",
        'return await journal.once("create", do, find, notes={_SHOWN: shown}, settle=self._settle)',
        'return await journal.once("create", do, find, notes={_SHOWN: shown})',
        "search_that_lags",
    ),
    Break(
        "a file is not looked for before it is added again",
        "example/destination.py",
        "return next((file.id for file in record.files if marker in markers([file.name])), None)",
        "return None if record.files else None",
        "lost_answer or every_answer",
    ),
    Break(
        "files have no marker of their own",
        "example/destination.py",
        "marker = file_marker(key, attachment.file.id)",
        'marker = file_marker(key, "file")',
        "goes_on or lost_answer",
    ),
    Break(
        "only the first file is added",
        "example/destination.py",
        "for attachment in delivery.files:",
        "for attachment in delivery.files[:1]:",
        "many_files or goes_on",
    ),
    Break(
        "a changed document is not sent",
        "example/destination.py",
        "if journal.results(_SHOWN).get(_SHOWN) != shown:",
        "if not journal.results(_SHOWN):",
        "update_reaches",
    ),
    Break(
        "an update makes a document anew",
        "example/destination.py",
        "document_id = delivery.replaces or await self._create(delivery, shown, journal)",
        'await journal.forget("create")\n        document_id = await self._create(delivery, shown, journal)',
        "pushing_again or update_reaches",
    ),
    Break(
        "a single 404 is sure",
        "example/destination.py",
        'any more", sure=False)',
        'any more")',
        "no_proof",
    ),
    Break(
        "what is in the trash counts as there",
        "example/destination.py",
        'TRASHED: Outcome(State.GONE, "a person put it into the trash"),',
        "TRASHED: Outcome(State.ACCEPTED),",
        "person_dropped",
    ),
    Break(
        "fields that nobody knows are sent",
        "example/destination.py",
        "        fit(DOCUMENT, payload)\n",
        '        fit(DOCUMENT, {key: one for key, one in payload.items() if key in DOCUMENT["properties"]})\n',
        "key_nobody_knows",
    ),
    Break(
        "a number that is none is sent",
        "example/destination.py",
        "        fit(DOCUMENT, payload)\n        encode_json(payload)  # half",
        "        # half",
        "cannot_be_written",
    ),
    Break(
        "amounts are sent as floating point",
        "example/client.py",
        'return models.new_id((await self.api.call("POST", "/documents", json=body)).json())',
        'body = {**body, "amount": float(str(body["amount"]))}\n'
        '            return models.new_id((await self.api.call("POST", "/documents", json=body)).json())',
        "money",
    ),
)

# both
BREAKS = {
    "example.documents.source": DOCUMENTS,  # source only
    "example.documents.destination": RECORDS,  # destination only
}
