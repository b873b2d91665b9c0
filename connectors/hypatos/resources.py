"""The master data that Hypatos takes: which resources there are, the fields of each, and what can be checked of a record."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from connectors.answer import encode_json
from connectors.errors import RejectedError
from connectors.fields import group, listed, optional, written
from connectors.fitting import fit
from connectors.hypatos.record_fields import FIELDS, OF_RESOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Fields
    from connectors.fields import JsonSchema

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
_COMPANY = written(
    "The company in Hypatos that the records belong to; without it the one of the credentials.",
    "[ -~]*[!-~][ -~]*",
    "C-1",
)
_TABLE = written("The lookup table that the records belong to.", "[a-z0-9_]+", "tax_codes")


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of master data. `required` are fields besides `externalId`, `known` those that are published."""

    name: str
    required: tuple[str, ...]
    known: tuple[str, ...]

    @property
    def schema(self) -> JsonSchema:
        """What a payload looks like: one record with its fields at the top, or several under `records`."""
        needed = ("externalId", *self.required)
        published = {**FIELDS, **OF_RESOURCE.get(self.name, {})}
        own = {name: published[name] for name in self.known}
        own |= {name: {**own[name], "minItems": 1} for name in needed if own[name]["type"] == "array"}
        fields = {name: one if name in needed else optional(one) for name, one in own.items()}
        record = group("A record; fields that are not published are taken as well.", fields, required=needed)
        beside = {RECORDS: listed("Several records at once.", record, minItems=1), COMPANY: optional(_COMPANY)}
        table = {TABLE: _TABLE} if self.name == TABLES else {}
        return group(
            f"A record of {self.name}, which overwrites the one of the same externalId.",
            {**fields, **beside, **table},
            required=list(table),
            additionalProperties=False,
            anyOf=[{"required": list(needed)}, {"required": [RECORDS]}],
        )

    def records(self, payload: Fields) -> list[Fields]:
        """Return the records of a payload, checked. RejectedError: one can never be taken; the place is named, no value."""
        fit(SCHEMAS[self.name], payload)
        encode_json(payload)
        beside = {key: value for key, value in payload.items() if key not in (RECORDS, COMPANY, TABLE)}
        several = cast("list[Fields] | None", payload.get(RECORDS))
        if several is not None and beside:
            raise RejectedError(f"`{min(beside)}` belongs into `{RECORDS}`, since there are several records")
        found: dict[str, Fields] = {}
        for place, row in enumerate([beside] if several is None else several):
            # Overwriting is whole, so nothing and null are the same; null is not taken everywhere.
            record = {key: value for key, value in row.items() if value is not None}
            if found.setdefault(str(record["externalId"]), record) != record:
                raise RejectedError(f"`{RECORDS}[{place}].externalId` stands for two different records")
        return list(found.values())


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
SCHEMAS: Mapping[str, JsonSchema] = MappingProxyType({name: each.schema for name, each in RESOURCES.items()})
"""What the payloads of each resource look like."""
