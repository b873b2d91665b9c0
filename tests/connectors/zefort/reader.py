"""Reads a stream of the source as the ledger would."""

import json


class Reader:
    """Reads the stream as the ledger would: it keeps the cursor and the versions."""

    def __init__(self, account):
        self.app = account.app
        self.source = account.connection.sources["contracts"]
        self.cursor = None
        self.versions = {}
        self.proven = True
        self.unseen = None

    async def news(self):
        """Read once; return the ids that are new or changed."""
        news, seen, total = [], set(), None
        self.unseen = None
        async for page in self.source.changes(self.cursor):
            for change in page.changes:
                seen.add(change.document_id)
                if self.versions.get(change.document_id) != change.version:
                    self.versions[change.document_id] = change.version
                    news.append(change.document_id)
            self.cursor = page.cursor or self.cursor
            self.unseen = page.unseen or self.unseen
            total = page.total if page.total is not None else total
        self.proven = total is None or len(seen) >= total
        return news

    def add(self, **what):
        return self.app.act({"add": what})["id"]

    def sweeps_again(self):
        """Let the last sweep be long ago."""
        place = json.loads(self.cursor)
        place["swept"] = "2020-01-01T00:00:00Z"
        self.cursor = json.dumps(place)
