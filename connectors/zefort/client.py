"""Every Zefort call that docferry makes, one method per endpoint of REST API 1.0.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, GoneError
from connectors.http import quote
from connectors.lists import refuse_another
from connectors.zefort import models

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from connectors.contract import Fields
    from connectors.errors import TransientError
    from connectors.http import Api
    from connectors.uploads import Form

# Every path ends in a slash: without it the server would redirect, and a redirected POST loses its body.
# In public tutorials: CONTRACTS, CONTRACT, ADD_FILE, TAGS, TAGGED, TASK. The others follow from the reference's headings.
CONTRACTS = "contracts/"
TRASH = "contracts/trash/"
CONTRACT = "contracts/{id}/"
ADD_FILE = "contracts/{id}/add_file/"
PARTIES = "contracts/{id}/parties/"
PARTY = "contracts/{id}/parties/{other}/"
NOTES = "contracts/{id}/notes/"
CONTRACT_BINDERS = "contracts/{id}/binders/"
REGISTER = "parties/"
BINDERS = "binders/"
TAGS = "tags/"
TAGGED = "tags/{id}/contracts/"
TASK = "tasks/{id}/"
ESIGNS = "esigns/"
ESIGN = "esigns/{id}/"
SIGNED_DOWNLOAD = "esigns/{esign}/documents/{id}/download/"
ACTIVITIES = "contracts/{id}/activities/"
DOWNLOAD = "documents/{id}/download/"
"""Not published anywhere; modelled on the download of signed files."""
COLLECTIONS = frozenset({CONTRACTS})


class ZefortClient:
    """Calls of one account. Every method raises the connector error tree."""

    def __init__(self, api: Api, page_size: int = 50, download: str = DOWNLOAD, signed: str = SIGNED_DOWNLOAD) -> None:
        self.api = api
        self.page_size = page_size
        self._download = download
        self._signed = signed

    async def page(self, path: str, page: int, params: Mapping[str, str], size: int | None = None) -> models.Listing:
        """Read one page of any list, counted from 1. A page past the end is an empty last one."""
        query = {**params, "page": str(page), "page_size": str(size or self.page_size)}
        try:
            # GET {base}contracts/?receive_time=today-2d-&page=1&page_size=50
            answer = await self.api.call("GET", path, params=query)
        except GoneError as error:
            if page == 1 and path in COLLECTIONS:  # no document's fault: this is not the API that was expected
                raise ConnectorError(str(error), connection=error.connection, status=error.status) from error
            if page == 1:
                raise
            return models.Listing((), last=True, count=None)
        return models.listing(answer.json(), page)

    async def rows(self, path: str, most: int | None = None, **params: str) -> AsyncIterator[Fields]:
        """Yield the rows of a list, of at most `most` pages."""
        number, last = 0, False
        before: list[Fields] = []
        while not last and (most is None or number < most):
            number += 1
            step = await self.page(path, number, params)
            last = step.last or step.rows == before  # a server that ignores the page number repeats itself for ever
            before = list(step.rows)
            for row in step.rows:
                yield row

    async def contract(self, contract_id: str) -> models.Contract:
        """Read one contract. GoneError: deleted for good, or not visible to this key."""
        # GET {base}contracts/{id}/
        answer = await self.api.call("GET", _path(CONTRACT, contract_id))
        contract = models.contract(answer.json())
        refuse_another(answer, contract_id, contract.id)
        return contract

    async def seen(
        self, contract_id: str, shows: Callable[[models.Contract], bool], error: TransientError
    ) -> models.Contract:
        """Return the contract if it shows what a call was for that has failed with `error`; else raise that error.

        This one read spares a whole new attempt where only the answer was lost.
        """
        if error.arrived == "maybe" and shows(contract := await self.contract(contract_id)):
            return contract
        raise error

    def download_path(self, contract_id: str, document_id: str) -> str:
        """Return where a contract's file is fetched, by the template from the settings."""
        return self._download.format(id=quote(document_id), contract=quote(contract_id))

    async def esign(self, esign_id: str) -> Fields:
        """Read one signing request."""
        # GET {base}esigns/{id}/
        answer = await self.api.call("GET", _path(ESIGN, esign_id))
        esign = models.esign(answer.json())
        refuse_another(answer, esign_id, models.identity(esign))
        return esign

    def signed_path(self, esign_id: str, document_id: str) -> str:
        """Return where a file of a signing request is fetched, by the template from the settings."""
        return self._signed.format(id=quote(document_id), esign=quote(esign_id))

    async def activities(self, contract_id: str) -> list[Fields]:
        """Return all activities (deadlines) of a contract, the completed ones too."""
        # GET {base}contracts/{id}/activities/?sort=time
        return [row async for row in self.rows(_path(ACTIVITIES, contract_id), sort="time")]

    async def create(self, form: Form) -> models.Contract:
        """Upload a new contract with its main file. Never repeated by itself: it makes a contract each time."""
        try:
            # POST {base}contracts/, multipart: title, docai_skip…, binders…, blob
            answer = await self.api.call("POST", CONTRACTS, content=form.content(), headers=form.headers)
        except (
            GoneError
        ) as error:  # nothing in it names an object that could be missing: it is the address that is wrong
            raise ConnectorError(str(error), connection=error.connection, status=error.status) from error
        return models.contract(answer.json())

    async def add_file(self, contract_id: str, form: Form) -> None:
        """Add a file to a contract."""
        # POST {base}contracts/{id}/add_file/, multipart: blob
        await self.api.call("POST", _path(ADD_FILE, contract_id), content=form.content(), headers=form.headers)

    async def patch(self, contract_id: str, changes: Fields) -> models.Contract | None:
        """Change a contract. None: the answer has no body. Whoever lost the answer reads the contract before saying it again."""
        # PATCH {base}contracts/{id}/
        answer = await self.api.call("PATCH", _path(CONTRACT, contract_id), json=changes)
        body = answer.json() if answer.body else None
        found = models.contract(body) if isinstance(body, dict) and models.identity(body) else None
        return found if found is not None and found.whole else None

    async def add_party(self, contract_id: str, party: Fields) -> None:
        """Add a party to a contract; the documented answer carries no id."""
        # POST {base}contracts/{id}/parties/
        await self.api.call("POST", _path(PARTIES, contract_id), json=party)

    async def change_party(self, contract_id: str, party_id: str, role: object) -> None:
        """Change a party's role, one of the two things that can be changed."""
        # PATCH {base}contracts/{id}/parties/{pid}/
        await self.api.call("PATCH", _path(PARTY, contract_id, party_id), json={"role": role})

    async def remove_party(self, contract_id: str, party_id: str) -> None:
        """Take a party off a contract; one that is not there is fine."""
        try:
            # DELETE {base}contracts/{id}/parties/{pid}/
            await self.api.call("DELETE", _path(PARTY, contract_id, party_id))
        except GoneError:
            return

    async def add_note(self, contract_id: str, content: str) -> None:
        """Add a note."""
        # POST {base}contracts/{id}/notes/
        await self.api.call("POST", _path(NOTES, contract_id), json={"content": content})

    async def binders_of(self, contract_id: str) -> set[str]:
        """Return the ids of the binders that hold a contract."""
        # GET {base}contracts/{id}/binders/
        rows = [row async for row in self.rows(_path(CONTRACT_BINDERS, contract_id))]
        return {found for row in rows if (found := models.reference(row.get("binder", row)))}

    async def put_into_binder(self, contract_id: str, binder: str) -> None:
        """Put a contract into a binder."""
        # POST {base}contracts/{id}/binders/
        await self.api.call("POST", _path(CONTRACT_BINDERS, contract_id), json={"binder": binder})

    async def create_binder(self, name: str) -> str | None:
        """Create a binder at the top and return its id."""
        # POST {base}binders/
        answer = await self.api.call("POST", BINDERS, json={"name": name})
        return models.reference(answer.json())

    async def create_tag(self, name: str) -> str | None:
        """Create a tag and return its id."""
        # POST {base}tags/
        answer = await self.api.call("POST", TAGS, json={"tag_name": name, "active": True})
        return models.reference(answer.json())

    async def tag(self, tag_id: str, contract_id: str) -> models.Task | None:
        """Tag one contract, named by its id: an empty selection could mean all. Return the task, if it became one."""
        # POST {base}tags/{id}/contracts/
        body: Fields = {"contracts": [contract_id]}
        answer = await self.api.call("POST", _path(TAGGED, tag_id), json=body)
        return models.task(answer.json() if answer.body else None)

    async def task(self, task_id: str) -> models.Task | None:
        """Return how a task stands; None if it is not kept any more."""
        try:
            # GET {base}tasks/{id}/
            return models.task((await self.api.call("GET", _path(TASK, task_id))).json())
        except GoneError:
            return None


def _path(template: str, object_id: str, other: str = "") -> str:
    return template.format(id=quote(object_id), other=quote(other) if other else "")
