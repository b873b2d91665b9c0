"""Ways to break Hypatos."""

from tests.contract.mutations import Break

DOCUMENTS = (
    Break(
        "pages do not overlap, so whoever shifts to the left is skipped",
        "hypatos/listing.py",
        "place.joint = len(listing.rows) > 1",
        "place.joint = False",
        "list_that_shrinks or taken_back",
    ),
    Break(
        "a short page ends the listing",
        "hypatos/listing.py",
        "return count == 1 and place.joint",
        "return count < 10",
        "short_pages",
    ),
    Break(
        "our own external id is part of the version",
        "hypatos/models.py",
        '_CONTENT = ("entities", "fileId", "projectId")',
        '_CONTENT = ("entities", "fileId", "projectId", "externalId")',
        "own_feedback",
    ),
    Break(
        "every state may be exported",
        "hypatos/models.py",
        "if state not in exportable:",
        'if state == "failed":',
        "taken_back or nobody_knows",
    ),
    Break(
        "amounts are read as floating point",
        "answer.py",
        "_decode = msgspec.json.Decoder(float_hook=Decimal).decode",
        "_decode = msgspec.json.Decoder().decode",
        "money or fractions",
    ),
    Break(
        "a web page passes for a file",
        "hypatos/source.py",
        "refuse_a_page(download, file, self._client.api.connection)",
        "pass",
        "web_page",
    ),
    Break(
        "a lost answer is not looked up",
        "hypatos/source.py",
        '                return "seen"\n        return None',
        "                return None\n        return None",
        "whatever_answer_is_lost",
    ),
    Break(
        "feedback is not read back",
        "hypatos/source.py",
        "missing = await self._watch(wanted, feedback.document_id)",
        "missing = []",
        "never_happens or told",
    ),
    Break(
        "ids are put into addresses as they are",
        "hypatos/client.py",
        "return template.format(id=quote(object_id))",
        "return template.format(id=object_id)",
        "address_something_else",
    ),
    Break(
        "impossible feedback is not refused when the route is opened",
        "hypatos/source.py",
        "        words.messages(actions)\n",
        "        return\n",
        "refused_when_a_route or nobody_knows_is_refused",
    ),
    Break(
        "a row that has only id and state ends the listing with an error",
        "hypatos/models.py",
        'parts = [text(fields.get(name)) or "" for name in ("completedAt", "updatedAt", "state")]',
        'parts = [str(fields[name]) for name in ("completedAt", "updatedAt", "state")]',
        "null_or_absent",
    ),
    Break(
        "a row that comes twice counts twice",
        "hypatos/listing.py",
        "return replace(listing, rows=list(dict.fromkeys(listing.rows)))",
        "return listing",
        "come_twice",
    ),
    Break(
        "secrets are not masked in what the provider says",
        "faults.py",
        'text = mask(" ".join(said.split()))',
        'text = " ".join(said.split())',
        "secrets",
    ),
    Break(
        "refused credentials are tried for ever",
        "gate.py",
        "                if error.status == UNAUTHORIZED and isinstance(error, AccessError):\n"
        "                    self._dead = error\n                raise\n            self._doubtful = False",
        "                raise\n            self._doubtful = False",
        "hammered",
    ),
)
BREAKS = {"hypatos.documents.source": DOCUMENTS}
