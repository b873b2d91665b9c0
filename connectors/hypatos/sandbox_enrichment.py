"""The master data that the Hypatos sandbox takes: records overwritten whole by their external id, and nothing to read."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from connectors.sandbox_http import Call, RefusedError, Reply, json_reply

if TYPE_CHECKING:
    from connectors.hypatos.sandbox import HypatosSandbox

_CODES = {"countryCode": "[A-Z]{2}", "currency": "[A-Z]{3}", "language": "[a-z]{2}"}
_LISTS = (
    "vatIds",
    "taxIds",
    "companyAssignment",
    "documents",
    "invoiceLines",
    "purchaseOrderLines",
    "goodsReceiptLines",
)
_NUMBERS = ("totalNetAmount", "totalTaxAmount", "totalGrossAmount")
REQUIRED = {
    "suppliers": ("name",), "customers": ("name",), "companies": ("name",), "invoices": ("invoiceLines",),
    "purchase-orders": (), "gl-accounts": ("code",), "cost-centers": ("code",), "profit-centers": ("code",),
    "approvers": (), "addresses": (), "contracts": ("documents",), "goods-receipts": ("goodsReceiptLines",),
    "internal-orders": ("internalOrderCode",), "products": (), "projects": ("code",), "quotes": (), "sales-orders": (),
}  # fmt: skip
"""The resources there are, with what a record must have besides its external id."""


def add_routes(app: HypatosSandbox) -> None:
    """Serve the calls on master data."""
    desk = _Desk(app)
    app.route("POST", "/enrichment/{}", desk.store)
    app.route("POST", "/enrichment/lookup-tables/{}", desk.store_row)
    app.route("DELETE", "/enrichment/{}/{}", desk.delete)


class _Desk:
    """Takes in records."""

    def __init__(self, app: HypatosSandbox) -> None:
        self.app = app

    async def store(self, call: Call) -> Reply:
        resource = call.ids[0]
        if resource not in REQUIRED or resource in self.app.switches.no_enrichment:
            raise self.app.refused(404, "Not found", "There is no such resource")
        return await self._stored(call, resource, REQUIRED[resource])

    async def store_row(self, call: Call) -> Reply:
        if not re.fullmatch("[a-z0-9_]+", call.ids[0]):
            raise _invalid(("path", "type"), "string does not match the pattern")
        return await self._stored(call, f"lookup-tables/{call.ids[0]}", ())

    async def _stored(self, call: Call, resource: str, required: tuple[str, ...]) -> Reply:
        if call.media_type != "application/json":
            raise self.app.refused(400, "Content type not supported", "An application/json body is needed")
        record = await call.json()
        external_id = record.get("externalId")
        if not isinstance(external_id, str) or not re.fullmatch(r"\S+", external_id):
            raise _invalid(("body", "externalId"), "string does not match the pattern")
        for name in required:
            if record.get(name) in (None, "", []):
                raise _invalid(("body", name), "field required")
        _check(record)
        company = call.header("x-hy-meta-internal-company-id") or ""
        kept = self.app.store.enriched.setdefault(resource, {})
        known = kept.get((company, external_id))
        own_id = str(known["id"]) if known else str(uuid.uuid4())
        kept[company, external_id] = {"id": own_id, "company": company, "record": record, "times": _times(known) + 1}
        answer: dict[str, object] = {"id": own_id}
        return json_reply(200, answer) if self.app.switches.enrichment_answer == "id" else Reply(200)

    async def delete(self, call: Call) -> Reply:
        """Delete, and remember that somebody did: docferry never should."""
        self.app.store.deleted_records += 1
        for (company, external_id), _ in list(self.app.store.enriched.get(call.ids[0], {}).items()):
            if external_id == call.ids[1]:
                del self.app.store.enriched[call.ids[0]][company, external_id]
                return Reply(204)
        raise self.app.refused(404, "Not found", "No record has this external id")


def _check(record: dict[str, object]) -> None:
    for name, value in record.items():
        where = ("body", name)
        if name in _CODES and value is not None and not (isinstance(value, str) and re.fullmatch(_CODES[name], value)):
            raise _invalid(where, "string does not match the pattern")
        if name in ("name", "code") and not (isinstance(value, str) and value.strip()):
            raise _invalid(where, "string does not match the pattern")
        if name in _LISTS and not isinstance(value, list):
            raise _invalid(where, "value is not a valid list")
        if name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
            raise _invalid(where, "value is not a valid number")
        if name == "customFields" and not (
            isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        ):
            raise _invalid(where, "str type expected")


def _times(known: dict[str, object] | None) -> int:
    return cast("int", known["times"]) if known else 0


def _invalid(where: tuple[str, ...], message: str) -> RefusedError:
    """Make the 422 of this part of the API, whose detail is a list."""
    return RefusedError(json_reply(422, {"detail": [{"loc": list(where), "msg": message, "type": "value_error"}]}))
