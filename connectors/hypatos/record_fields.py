"""Every published field of Hypatos master data, by name; what a name means is the same in all resources that have it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.fields import day, filled, flag, group, listed, number, text, written
from connectors.hypatos.record_parts import (
    ASSIGNMENT,
    BANK_ACCOUNT,
    COUNTRY,
    CURRENCY,
    CUSTOM,
    DOCUMENT,
    DOCUMENT_ID,
    LABELLED,
    LABELS,
    LANGUAGE,
    LINE,
    PAYMENT_TERMS,
    SUBSIDIARY,
    TAX_ID,
    VAT_ID,
    WITHHOLDING_TAX,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fields import JsonSchema

_TEXTS = {
    "addressAdditional": "A second line of the address.",
    "baseUnitOfMeasure": "The unit that stocks are kept in.",
    "businessPartnerContractNumber": "The number that the partner gave the contract.",
    "businessPartnerNumber": "The number of the business partner.",
    "city": "The town.",
    "companyName": "The company at this address.",
    "contractNumber": "The number of the contract.",
    "costCenterCodeForPosting": "The cost center that is posted to.",
    "costCenterCodeForSettlement": "The cost center that is settled with.",
    "createdDate": "The day on which it was made, YYYY-MM-DD.",
    "customerOrderNumber": "The number that the customer gave the order.",
    "customsTariffNumber": "The number in the customs tariff.",
    "defaultGlAccountCode": "The general ledger account that is meant without another word.",
    "deliveryNoteNumber": "The number of the delivery note.",
    "department": "The department.",
    "description": "What it is, in words.",
    "distributionChannel": "The channel by which it is sold.",
    "division": "The division that sells it.",
    "ean": "The European article number.",
    "email": "The address for e-mail.",
    "endDate": "The last day, YYYY-MM-DD.",
    "externalApproverId": "Who approves it.",
    "externalBankAccountId": "The supplier's bank account.",
    "externalClientId": "The client in your own system.",
    "externalCompanyId": "The company of yours that it belongs to.",
    "externalCustomerId": "The customer.",
    "externalSupplierId": "The supplier.",
    "faxNumber": "The number of the fax.",
    "firstName": "The first name.",
    "fiscalYearLabel": "The fiscal year.",
    "glAccountCodeForSettlement": "The general ledger account that is settled with.",
    "globalLocationNumber": "The global location number.",
    "goodsReceiptNumber": "The number of the goods receipt.",
    "group": "The group of products.",
    "headerText": "Words at the head of the document.",
    "internalOrderReferenceNumber": "The number that the internal order refers to.",
    "invoiceNumber": "The number of the invoice in your own system.",
    "issuedDate": "The day on which it was issued, YYYY-MM-DD.",
    "lastName": "The family name.",
    "manufacturer": "Who makes it.",
    "nameAlternative1": "Another name.",
    "nameAlternative2": "A second other name.",
    "nameAlternative3": "A third other name.",
    "nameAlternative4": "A fourth other name.",
    "parentBusinessPartnerNumber": "The number of the partner that this one belongs to.",
    "parentProjectCode": "The project that this one belongs to.",
    "phoneNumber": "The number of the telephone.",
    "postOfficeBox": "The post office box.",
    "postcode": "The post code.",
    "postingDate": "The day on which it was posted, YYYY-MM-DD.",
    "productNumber": "The number of the product.",
    "profitCenterCode": "The profit center.",
    "projectReferenceNumber": "The number that the project refers to.",
    "quoteNumber": "The number of the quote.",
    "receivedDate": "The day on which it was received, YYYY-MM-DD.",
    "region": "The region.",
    "relatedInvoice": "The invoice that this one is about.",
    "requestedDeliveryDate": "The day on which delivery is wished for, YYYY-MM-DD.",
    "responsibleCostCenterCode": "The cost center that is responsible.",
    "salesGroup": "The sales group.",
    "salesOffice": "The sales office.",
    "salesOrderNumber": "The number of the sales order.",
    "salesOrganizationCode": "The sales organization.",
    "shortDescription": "What it is, in few words.",
    "startDate": "The first day, YYYY-MM-DD.",
    "state": "The state or region of the address.",
    "status": "Where it stands.",
    "street": "Street and number.",
    "subProjectCode": "The project below this one.",
    "subType": "What kind it is within its type.",
    "supplierInvoiceNumber": "The number that the supplier gave the invoice.",
    "title": "The title.",
    "transportationZone": "The zone for transport.",
    "type": "What kind it is.",
    "unspsc": "The code of the UNSPSC classification.",
    "upc": "The universal product code.",
    "validFrom": "The day from which it is valid, YYYY-MM-DD.",
    "validTo": "The day up to which it is valid, YYYY-MM-DD.",
    "validUntilDate": "The day up to which the quote holds, YYYY-MM-DD.",
    "volumeUnit": "The unit of the volume.",
    "weightUnit": "The unit of the weights.",
}
_NUMBERS = {
    "addressOrder": "The address's place among several.",
    "grossWeight": "The weight with its packing.",
    "latitude": "The latitude, in degrees.",
    "longitude": "The longitude, in degrees.",
    "netWeight": "The weight without its packing.",
    "targetQuantity": "The quantity that is agreed on.",
    "targetValue": "The value that is agreed on.",
    "totalFreightCharges": "The charges for freight.",
    "totalGrossAmount": "The amount with tax.",
    "totalNetAmount": "The amount without tax.",
    "totalOtherCharges": "Other charges.",
    "totalTaxAmount": "The amount of tax.",
    "volume": "The volume.",
}
_FLAGS = {
    "blockedForPayment": "Whether nothing may be paid.",
    "blockedForPosting": "Whether nothing may be posted.",
    "isActive": "Whether it is in use.",
    "isCanceled": "Whether it was cancelled.",
    "isCreditNote": "Whether it is a credit note.",
    "isDefault": "Whether it is the one that is meant without another word.",
    "isReversal": "Whether it reverses an earlier one.",
}
_LISTS = {
    "additionalAgreements": "Agreements beside the contract.",
    "contacts": "People to turn to.",
    "contractItems": "What the contract is about.",
    "goodsReceiptLines": "The lines of the goods receipt.",
    "obligations": "What the contract obliges to.",
    "plants": "The plants that keep it.",
    "quoteLines": "The lines of the quote.",
    "salesOrderLines": "The lines of the sales order.",
}
"""Lists of objects whose fields are not published."""
_OBJECTS = {
    "businessPartner": "The partner of the contract.",
    "customMetadata": "Data of your own about the record.",
    "parentContract": "The contract that this one belongs to.",
    "salesOrganizationInfo": "What holds for a sales organization.",
}

FIELDS: Mapping[str, JsonSchema] = MappingProxyType(
    {
        **{name: text(sentence) for name, sentence in _TEXTS.items()},
        **{name: number(sentence) for name, sentence in _NUMBERS.items()},
        **{name: flag(sentence) for name, sentence in _FLAGS.items()},
        **{name: listed(sentence, group("One of them.", {})) for name, sentence in _LISTS.items()},
        **{name: group(sentence, {}) for name, sentence in _OBJECTS.items()},
        "externalId": written(
            "The record's key in your own system; the same key overwrites the record.", r"\S+", "S-4711"
        ),
        "name": filled("The name."),
        "code": filled("The code."),
        "internalOrderCode": filled("The code of the internal order."),
        "countryCode": COUNTRY,
        "currency": CURRENCY,
        "language": LANGUAGE,
        "customFields": CUSTOM,
        "paymentTerms": PAYMENT_TERMS,
        "documentId": DOCUMENT_ID,
        "documents": listed("The documents in Hypatos that the record is about.", DOCUMENT),
        "vatIds": listed("VAT numbers.", VAT_ID),
        "taxIds": listed("Tax numbers.", TAX_ID),
        "companyAssignment": listed("The companies of yours that may use it.", text("A company.")),
        "defaultAccountAssignment": ASSIGNMENT,
        "supplierSubsidiaries": listed("What holds for companies of yours.", SUBSIDIARY),
        "customerSubsidiaries": listed("What holds for companies of yours.", SUBSIDIARY),
        "supplierBankAccounts": listed("The supplier's bank accounts.", BANK_ACCOUNT),
        "customerBankAccounts": listed("The customer's bank accounts.", BANK_ACCOUNT),
        "invoiceLines": listed("The lines of the invoice.", LINE),
        "purchaseOrderLines": listed(
            "The lines of the purchase order.", {**LINE, "required": ["purchaseOrderLineNumber"]}
        ),
        "withholdingTax": listed("Withholding taxes.", WITHHOLDING_TAX),
        "label": LABELS,
        "shortLabel": LABELS | {"description": "Short names in several languages."},
    }
)
"""What each field is unless a resource has its own idea of it."""

_ACCOUNT = {"type": LABELLED, "category": LABELLED | {"description": "The category, with its names."}}
_DAYS = {name: day(_TEXTS[name]) for name in ("createdDate", "issuedDate", "receivedDate", "postingDate")}
OF_RESOURCE: Mapping[str, Mapping[str, JsonSchema]] = MappingProxyType(
    {"gl-accounts": _ACCOUNT, "cost-centers": _ACCOUNT, "invoices": _DAYS, "purchase-orders": _DAYS}
)
"""The fields that a resource has its own idea of: days are only where they are published as such."""
