"""Two ends of a route that exist in these tests only: what the source gives, what the destination takes, what may be told."""


def record(properties, required=(), *, closed=True):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": not closed,
    }


TEXT, NUMBER, WHOLE, FLAG = ({"type": kind} for kind in ("string", "number", "integer", "boolean"))

SOURCE = record(
    {
        "id": TEXT,
        "number": TEXT,
        "kind": {"type": "string", "enum": ["invoice", "credit_note", "contract"]},
        "status": {"type": "string", "x-extensible-enum": ["open", "review", "done", "archived"]},
        "total": NUMBER,
        "count": WHOLE,
        "paid": FLAG,
        "currency": TEXT,
        "issued": {"type": "string", "format": "date"},
        "received": {"type": "string", "format": "date-time"},
        "remark": {"type": ["string", "null"]},
        "amount": {"type": ["string", "number"]},
        "supplier": record({"name": TEXT, "country": TEXT, "vatId": TEXT}, ["name"]),
        "buyer": record({"name": TEXT, "country": TEXT}),
        "lines": {
            "type": "array",
            "items": record(
                {
                    "position": WHOLE,
                    "text": TEXT,
                    "net": NUMBER,
                    "taxes": {"type": "array", "items": record({"rate": NUMBER})},
                }
            ),
        },
        "tags": {"type": "array", "items": TEXT},
        "extra": record({"costCenter": TEXT, "orderNumber": TEXT, "address1": TEXT}, closed=False),
    },
    ["id", "number", "kind", "status", "supplier"],
)

DESTINATION = record(
    {
        "title": {"type": "string", "maxLength": 40},
        "currency": {"type": "string", "enum": ["EUR", "USD", "SEK"]},
        "state": {"type": "string", "enum": ["review", "done"]},
        "value": {"type": "number", "minimum": 0},
        "count": WHOLE,
        "day": {"type": "string", "format": "date"},
        "note": TEXT,
        "flag": FLAG,
        "country": {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["FI"]},
        "created": {"type": "string", "readOnly": True, "description": "When the entry was made."},
        "parties": {
            "type": "array",
            "items": record(
                {"name": TEXT, "role": {"type": "string", "enum": ["supplier", "buyer"]}, "country": TEXT}, ["name"]
            ),
        },
        "tags": {"type": "array", "items": TEXT},
        "rows": {
            "type": "array",
            "items": record({"net": NUMBER, "text": {"type": "string", "maxLength": 10}, "position": WHOLE}, ["net"]),
        },
        "address": record({"city": TEXT, "street": TEXT}, ["city"]),
        "attributes": record({"cost_center": TEXT, "order_number": TEXT}, closed=False),
    },
    ["title"],
)

FEEDBACK = record(
    {
        "transfer": FLAG,
        "reject": {"type": "string", "maxLength": 100},
        "status": {"type": "string", "enum": ["open", "closed"]},
        "data": {"type": "object", "additionalProperties": TEXT},
    }
)
