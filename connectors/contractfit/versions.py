"""Which version of a document's data counts now, and where it is to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.contractfit import models, reading
from connectors.errors import AccessError, NoSuchCallError, RejectedError

if TYPE_CHECKING:
    from connectors.contract import Fields
    from connectors.contractfit.client import ContractfitClient

_UNAUTHORIZED = 401


async def current(client: ContractfitClient, document_id: str, fields: Fields) -> Fields:
    """Return a person's version if there is one, else the machine's. Versions that we have sent ourselves do not count.

    Where a version is named and cannot be had, the document goes with what it shows itself.
    """
    name = reading.newest(fields)
    found = reading.inline(fields, name)
    if found is None and name is not None:
        found = await _asked(client, document_id, name)
    if found is not None and reading.has_data(found):
        return found
    # the last place where a person's corrections may be
    corrected = models.part(fields, "feedback")
    if name == models.text(fields.get("last_version")) and reading.has_data(corrected):
        return corrected
    return models.part(fields, "prediction")


async def _asked(client: ContractfitClient, document_id: str, name: str) -> Fields | None:
    try:
        return await client.last_version(document_id, name)
    except (RejectedError, NoSuchCallError, AccessError) as error:
        if error.status == _UNAUTHORIZED:
            raise
        return None
