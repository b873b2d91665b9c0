"""The parts that records of Hypatos master data are made of: lines, numbers for taxes, bank accounts, assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.fields import anything, flag, group, listed, number, optional, pairs, text, written

if TYPE_CHECKING:
    from collections.abc import Collection

    from connectors.fields import JsonSchema

COUNTRY = written("The country, as a code of two capital letters.", "[A-Z]{2}", "DE")
CURRENCY = written("The currency, as a code of three capital letters.", "[A-Z]{3}", "EUR")
LANGUAGE = written("The language, as a code of two small letters.", "[a-z]{2}", "de")
CUSTOM = pairs("Fields of your own: texts by name.", text("The field's text."))


def part(description: str, properties: dict[str, JsonSchema], needed: Collection[str] = ()) -> JsonSchema:
    """Return the schema of an object inside a record: what it need not have may be null."""
    inner = {name: one if name in needed else optional(one) for name, one in properties.items()}
    return group(description, inner, required=needed)


_LABELS = listed("Names in several languages.", part("A name.", {"text": text("The name."), "language": LANGUAGE}))
LABELLED = part("A value with its names.", {"value": text("The value."), "labels": _LABELS})
LABELS = _LABELS
PAYMENT_TERMS = part(
    "The terms of payment.",
    {"paymentTermKey": text("Their key."), "descriptions": _LABELS | {"description": "Their names."}},
)
ASSIGNMENT = part(
    "Where costs are posted.",
    {
        "glAccountCode": text("The general ledger account."),
        "costCenterCode": text("The cost center."),
        "externalApproverId": text("Who approves."),
        "externalProjectId": text("The project."),
        "externalOrderId": text("The internal order."),
        "quantity": number("The quantity that is posted there."),
    },
)
TAX_CODE = part("The tax code.", {"code": text("The code."), "description": text("What it means.")})
DOCUMENT_ID = written("The id of a document in Hypatos.", "[0-9a-fA-F]{24}", "6040dc9680b782b365ea77d5")
DOCUMENT = group("A document in Hypatos.", {"id": DOCUMENT_ID, "type": optional(text("What it is to the record."))})
VAT_ID = part("A VAT number.", {"id": text("The number."), "countryCode": COUNTRY})
TAX_ID = part("A tax number.", {"id": text("The number."), "type": text("What kind of number it is.")})
BANK_ACCOUNT = part(
    "A bank account.",
    {
        "externalId": written("Its key in your own system.", r"\S+", "4711"),
        "countryCode": COUNTRY,
        "bankAccountNumber": text("Its number."),
        "bankAccountHolder": text("Whose it is."),
        "iban": text("Its IBAN."),
        "bic": text("The BIC of the bank."),
        "bankName": text("The name of the bank."),
        "isActive": flag("Whether it is in use."),
    },
    ["externalId"],
)
SUBSIDIARY = part(
    "What holds for one company of yours.",
    {
        "externalCompanyId": text("The company."),
        "defaultAccountAssignment": ASSIGNMENT,
        "defaultGlAccountCode": text("The general ledger account that is meant without another word."),
        "paymentTerms": PAYMENT_TERMS,
        "blockedForPosting": flag("Whether nothing may be posted."),
        "blockedForPayment": flag("Whether nothing may be paid."),
        "enabledForAutoPosting": flag("Whether invoices may be posted without a person."),
        "withholdingTaxInfo": listed("Withholding taxes.", anything("A withholding tax: key and description.")),
    },
)
WITHHOLDING_TAX = part(
    "A withholding tax.",
    {
        "key": text("Its key."),
        "baseAmount": number("The amount that it is taken of."),
        "amount": number("The amount of tax."),
        "currency": CURRENCY,
    },
)
LINE = part(
    "A line.",
    {
        "externalId": text("The line's key in your own system."),
        "purchaseOrderLineNumber": text("The number of the line of the purchase order."),
        "externalPurchaseOrderId": text("The purchase order."),
        "externalCompanyId": text("The company."),
        "accountAssignments": listed("Where its costs are posted.", ASSIGNMENT),
        "type": text("What kind of line it is."),
        "quantity": number("The quantity."),
        "unitPrice": number("The price of one unit."),
        "unitOfMeasure": text("The unit."),
        "netAmount": number("The amount without tax."),
        "totalTaxAmount": number("The amount of tax."),
        "grossAmount": number("The amount with tax."),
        "taxCode": TAX_CODE,
        "itemText": text("What was delivered."),
        "customFields": CUSTOM,
    },
)
