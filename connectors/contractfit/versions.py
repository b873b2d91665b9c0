"""Which version of a document's data counts now, and where it is to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.contractfit import choice, models
from connectors.errors import AccessError, NoSuchCallError, RejectedError, TransientError

if TYPE_CHECKING:
    from connectors.contract import Fields
    from connectors.contractfit.client import ContractfitClient

_UNAUTHORIZED = 401


async def current(client: ContractfitClient, document_id: str, fields: Fields) -> Fields:
    """Return a person's version if there is one, else the machine's. Versions that we have sent ourselves do not count.

    Where a version is named and asking for it is refused, the document goes with what it shows itself. TransientError: a
    person's version was asked for and answered with nothing; the machine's values must not pass for that person's.
    """
    name, counts = choice.newest(fields), choice.listed(fields)
    hidden, foreign = choice.unlisted_review(fields), not choice.told(fields)
    found = None if hidden else choice.inline(fields)
    if found is None and (hidden or (choice.by_person(counts) and name in {None, choice.MACHINE})):
        found = await _asked(client, document_id, source=choice.PERSON)
        if found is not None and choice.ours(found.get("name")):
            foreign, found = False, await _asked(client, document_id, choice.REVIEWED)
    elif found is None and name is not None:
        found = await _asked(client, document_id, name)
    # another place where a person's corrections may be, unless we have written there
    corrected = models.part(fields, "feedback") if foreign else {}
    for given in (found, *((corrected, counts) if hidden else (counts, corrected))):
        if given is not None and choice.has_data(given) and not choice.ours(given.get("name")):
            return given
    if found is not None and choice.by_person(counts):
        words = f"version {counts.get('name')!r} of document {document_id}, which a person made, came without any data"
        raise TransientError(words, connection=client.api.connection)
    return models.part(fields, "prediction")


async def _asked(
    client: ContractfitClient, document_id: str, name: str | None = None, source: str | None = None
) -> Fields | None:
    try:
        return await client.last_version(document_id, name, source)
    except (RejectedError, NoSuchCallError, AccessError) as error:
        if error.status == _UNAUTHORIZED:
            raise
        return None
