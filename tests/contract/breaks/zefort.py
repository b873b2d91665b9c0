"""Ways to break Zefort."""

from tests.contract.mutations import Break

CONTRACTS = (
    Break(
        "a contract whose answer was lost is not looked for",
        "zefort/files.py",
        "shown = await self._finder.find(delivery_marker(delivery.key), _days(journal))",
        "shown = None",
        "lost_answer or dies_at_any",
    ),
    Break(
        "a search that lags is believed at once",
        "zefort/files.py",
        'await journal.once("create", create, find, settle=self._settle)',
        'await journal.once("create", create, find)',
        "lags",
    ),
    Break(
        "the marker does not travel in the creating call",
        "zefort/files.py",
        "name = marked(upload.name, delivery_marker(delivery.key), upload.media_type)",
        "name = upload.name",
        "lost_answer",
    ),
    Break(
        "notes are added without the journal",
        "zefort/destination.py",
        'await journal.once(f"note:{journal.fingerprint(content)}", add, find, settle=self._soon)',
        "await add()",
        "pushing_again",
    ),
    Break(
        "parties are not looked for after a lost answer",
        "zefort/parties.py",
        "find=partial(self._find, contract.id, party),",
        "find=partial(asyncio.sleep, 0),",
        "lost_answer or dies_at_any",
    ),
    Break(
        "a single 404 is proof",
        "zefort/destination.py",
        'or this key may not see it any more", sure=False)',
        'or this key may not see it any more")',
        "one_404",
    ),
    Break(
        "the trash is not noticed",
        "zefort/destination.py",
        '        if contract.trashed:\n            return Outcome(State.GONE, "it was moved to the trash")\n',
        "",
        "person_dropped",
    ),
    Break(
        "check accepts everything",
        "zefort/destination.py",
        '        """Raise RejectedError if this payload can never become a contract."""\n        read(payload)\n',
        '        """Accept it."""\n',
        "refused or nobody_knows",
    ),
    Break(
        "a file that is shorter than announced passes",
        "uploads.py",
        "    if download.size is not None and download.size != len(content):\n        raise _short(len(content), download.size)\n",
        "",
        "lies_about",
    ),
    Break(
        "amounts are written as text",
        "answer.py",
        '_encode = msgspec.json.Encoder(decimal_format="number").encode',
        "_encode = msgspec.json.Encoder().encode",
        "money or arrives_whole",
    ),
    Break(
        "files are held whole before they are sent",
        "uploads.py",
        "READ_AHEAD = 1 << 20",
        "READ_AHEAD = 1 << 30",
        "huge_file",
    ),
    Break(
        "a 429 keeps only the one waiting that it met",
        "wire.py",
        'self.quota.refused(left_at, retry_after(heard.headers, "x-ratelimit-reset"))',
        "pass",
        "429",
    ),
    Break(
        "quotes stay in file names and end them early",
        "markers.py",
        "sign in '\\\\/:*?\"<>|' else sign for sign in plain",
        "sign in '\\\\/:*?<>|' else sign for sign in plain",
        "hostile",
    ),
    Break(
        "requests are not counted",
        "zefort/__init__.py",
        "api.close, api, declares",
        "api.close, __import__('connectors.traffic').traffic.Unpaced(lambda: 0), declares",
        "counted",
    ),
    Break(
        "closing closes nothing",
        "zefort/__init__.py",
        "check, api.close, api, declares",
        "check, lambda: __import__('asyncio').sleep(0), api, declares",
        "closing",
    ),
)
BREAKS = {"zefort.contracts.destination": CONTRACTS}
