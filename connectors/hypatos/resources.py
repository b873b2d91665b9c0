"""The master data that Hypatos takes: which resources there are, the fields of each, and what can be checked of a record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from connectors.answer import encode_json
from connectors.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Fields

TABLES = "lookup-tables"
"""The resource whose records belong to a table that is named beside them."""
RECORDS, COMPANY, TABLE = "records", "company", "table"
"""Keys of a payload that are no fields of a record: several records at once, whose they are, and the lookup table."""

_PARTNER = "name street addressAdditional postcode city countryCode vatIds taxIds blockedForPosting blockedForPayment customFields"
_ORDER = (
    "externalCompanyId type status currency totalNetAmount totalTaxAmount totalGrossAmount paymentTerms customFields"
)
_ACCOUNT = "code companyAssignment type category label shortLabel"
_NEWER = "externalClientId customMetadata"
_TEXTS = ("externalId", "name", "code", "internalOrderCode")
_SHAPES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {"countryCode": re.compile("[A-Z]{2}"), "currency": re.compile("[A-Z]{3}"), "language": re.compile("[a-z]{2}")}
)
_TABLE_NAME = re.compile(r"[a-z0-9_]+")
_DOCUMENT_ID = re.compile(r"[0-9a-fA-F]{24}")


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of master data. `required` are fields besides `externalId`, `known` those that are published."""

    name: str
    required: tuple[str, ...]
    known: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """The keys that a payload may have at its top."""
        beside = (RECORDS, COMPANY, TABLE) if self.name == TABLES else (RECORDS, COMPANY)
        return (*self.known, *beside)

    def records(self, payload: Fields) -> list[Fields]:
        """Return the records of a payload, checked. RejectedError: one can never be taken; the place is named, no value."""
        several = payload.get(RECORDS)
        if several is None:
            if unknown := sorted(set(payload) - set(self.targets)):
                raise RejectedError(
                    f"a record of `{self.name}` has no published field `{unknown[0]}`; under `{RECORDS}` it can be sent all the same"
                )
            rows = [{key: value for key, value in payload.items() if key not in (RECORDS, COMPANY, TABLE)}]
        elif not isinstance(several, list) or not all(isinstance(row, dict) for row in several):
            raise RejectedError(f"`{RECORDS}` must be a list of objects")
        else:
            if beside := sorted(set(payload) - {RECORDS, COMPANY, TABLE}):
                raise RejectedError(f"`{beside[0]}` belongs into `{RECORDS}`, since there are several records")
            rows = cast("list[Fields]", several)
        found: dict[str, Fields] = {}
        for place, row in enumerate(rows):
            # Overwriting is whole, so nothing and null are the same; null is not taken everywhere.
            record = {key: value for key, value in row.items() if value is not None}
            where = "" if several is None else f"{RECORDS}[{place}]."
            self._check(record, where)
            if found.setdefault(str(record["externalId"]), record) != record:
                raise RejectedError(f"`{where}externalId` stands for two different records")
        if not found:
            raise RejectedError(f"`{RECORDS}` is empty")
        encode_json(rows)
        return list(found.values())

    def _check(self, record: Fields, where: str) -> None:
        for name in ("externalId", *self.required):
            if record.get(name) in (None, "", []):
                raise RejectedError(f"`{where}{name}` is missing")
        for name in _TEXTS:
            if name in record and (not isinstance(record[name], str) or not str(record[name]).strip()):
                raise RejectedError(f"`{where}{name}` must be text")
        if any(sign.isspace() for sign in str(record["externalId"])):
            raise RejectedError(f"`{where}externalId` must be without white space")
        for name, shape in _SHAPES.items():
            if name in record and not (isinstance(record[name], str) and shape.fullmatch(str(record[name]))):
                raise RejectedError(f"`{where}{name}` is not a code such as Hypatos takes ({shape.pattern})")
        custom = record.get("customFields")
        if custom is not None and not (
            isinstance(custom, dict) and all(isinstance(value, str) for value in custom.values())
        ):
            raise RejectedError(f"`{where}customFields` must be a map of text")
        document = record.get("documentId")
        if document is not None and not (isinstance(document, str) and _DOCUMENT_ID.fullmatch(document)):
            raise RejectedError(f"`{where}documentId` must be the id of a Hypatos document")


def company(payload: Fields) -> str | None:
    """Return the company that the records belong to, None for the one of the credentials. Raises RejectedError."""
    value = payload.get(COMPANY)
    if value is None:
        return None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value.strip():
        raise RejectedError(f"`{COMPANY}` must be the id of a company")
    return value


def table(payload: Fields) -> str:
    """Return the lookup table that the records belong to. Raises RejectedError."""
    value = payload.get(TABLE)
    if not isinstance(value, str) or not _TABLE_NAME.fullmatch(value):
        raise RejectedError(f"`{TABLE}` must be the name of a lookup table (small letters, digits, _)")
    return value


def _resource(name: str, required: str, known: str) -> Resource:
    fields = ("externalId", *required.split(), *known.split(), *_NEWER.split())
    return Resource(name, tuple(required.split()), tuple(dict.fromkeys(fields)))


RESOURCES: Mapping[str, Resource] = MappingProxyType(
    {
        each.name: each
        for each in (
            _resource(
                "suppliers",
                "name",
                f"{_PARTNER} state defaultAccountAssignment defaultGlAccountCode supplierSubsidiaries supplierBankAccounts",
            ),
            _resource("customers", "name", f"{_PARTNER} customerSubsidiaries customerBankAccounts"),
            _resource(
                "companies",
                "name",
                "state street addressAdditional postcode city countryCode vatIds taxIds customFields",
            ),
            _resource(
                "invoices",
                "invoiceLines",
                f"{_ORDER} documentId documents supplierInvoiceNumber invoiceNumber externalSupplierId externalBankAccountId "
                "fiscalYearLabel issuedDate receivedDate postingDate isCanceled isCreditNote externalCustomerId relatedInvoice "
                "totalFreightCharges totalOtherCharges externalApproverId headerText withholdingTax",
            ),
            _resource(
                "purchase-orders",
                "",
                f"{_ORDER} createdDate fiscalYearLabel language externalSupplierId totalFreightCharges totalOtherCharges "
                "purchaseOrderLines",
            ),
            _resource("gl-accounts", "code", _ACCOUNT),
            _resource("cost-centers", "code", _ACCOUNT),
            _resource("profit-centers", "code", "department label shortLabel companyAssignment customFields"),
            _resource("approvers", "", "companyAssignment isActive firstName lastName email phoneNumber"),
            _resource(
                "addresses",
                "",
                "businessPartnerNumber parentBusinessPartnerNumber type globalLocationNumber companyName nameAlternative1 "
                "nameAlternative2 nameAlternative3 nameAlternative4 street addressAdditional postcode city postOfficeBox region "
                "countryCode transportationZone phoneNumber faxNumber email validFrom validTo isDefault addressOrder latitude "
                "longitude customFields",
            ),
            _resource(
                "contracts",
                "documents",
                f"{_ORDER} documentId contractNumber businessPartnerContractNumber title description createdDate startDate "
                "endDate fiscalYearLabel subType targetQuantity targetValue contractItems additionalAgreements obligations "
                "contacts salesOrganizationInfo businessPartner parentContract",
            ),
            _resource(
                "goods-receipts",
                "goodsReceiptLines",
                "documentId goodsReceiptNumber externalCompanyId externalSupplierId fiscalYearLabel issuedDate createdDate "
                "postingDate headerText status deliveryNoteNumber isReversal documents customFields",
            ),
            _resource(
                "internal-orders",
                "internalOrderCode",
                "internalOrderReferenceNumber createdDate fiscalYearLabel language externalCompanyId status type subType "
                "description shortDescription profitCenterCode costCenterCodeForSettlement glAccountCodeForSettlement currency "
                "customFields",
            ),
            _resource(
                "products",
                "",
                "productNumber type group description shortDescription manufacturer unspsc ean upc customsTariffNumber "
                "baseUnitOfMeasure weightUnit volumeUnit status grossWeight netWeight volume plants salesOrganizationInfo "
                "customFields",
            ),
            _resource(
                "projects",
                "code",
                "projectReferenceNumber createdDate fiscalYearLabel language externalCompanyId status startDate endDate type "
                "description shortDescription profitCenterCode responsibleCostCenterCode costCenterCodeForPosting currency "
                "subProjectCode parentProjectCode customFields",
            ),
            _resource(
                "quotes",
                "",
                f"{_ORDER} documentId quoteNumber customerOrderNumber externalCustomerId salesOrganizationCode "
                "distributionChannel division subType issuedDate validUntilDate fiscalYearLabel headerText isCanceled quoteLines "
                "documents",
            ),
            _resource(
                "sales-orders",
                "",
                f"{_ORDER} documentId customerOrderNumber salesOrderNumber externalCustomerId salesOrganizationCode "
                "distributionChannel division salesGroup salesOffice subType issuedDate receivedDate fiscalYearLabel "
                "requestedDeliveryDate headerText isCanceled salesOrderLines documents",
            ),
            _resource(TABLES, "", "code customFields"),
        )
    }
)
"""Every resource by its name. The list is known from the specification and from clients; other fields go into `records`."""
