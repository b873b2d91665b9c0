"""A file at its source, as destinations are handed it."""

import hashlib
from contextlib import asynccontextmanager

from connectors.contract import Attachment, Download, File


class SourceFile:
    """A file at its source."""

    def __init__(self, content, name="invoice.pdf", file_id="f1"):
        self.content, self.file = content, File(file_id, name, "application/pdf")
        self.sha256 = hashlib.sha256(content).hexdigest()

    def attachment(self):
        """Return it as a delivery carries it."""

        @asynccontextmanager
        async def open_it():
            async def chunks():
                yield self.content

            yield Download(chunks(), len(self.content), None, "application/pdf")

        return Attachment(self.file, open_it)
