"""How long the lint of a route of 500 lines takes, in CPU time: python bench/lint.py."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from mappings.language import read_draft
from mappings.workbench.lint import Known, lint

RULES = 360
SUPPLIER = {"type": "object", "properties": {"name": {"type": "string"}, "country": {"type": "string"}}}
SOURCE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "number": {"type": "string"},
        "kind": {"type": "string", "x-extensible-enum": ["invoice", "credit_note"]},
        "total": {"type": "number"},
        "currency": {"type": "string"},
        "issued": {"type": "string"},
        "supplier": SUPPLIER,
        "lines": {"type": "array", "items": {"type": "object", "properties": {"net": {"type": "number"}}}},
    },
}
KINDS = (
    "{{from: supplier.name, required: true}}",
    '{{template: "{{{{ number }}}} of {{{{ supplier.name | trim }}}} in {{{{ currency }}}}", default: none}}',
    "{{from: total, type: decimal, when: total > {0} and kind == 'invoice'}}",
    "{{from: currency | default('EUR', true) | trim, lookup: codes, default: EUR}}",
    "{{from: issued, type: date, format: '%d.%m.%Y', on_error: review}}",
    "\"total * {0} / 100 | round(2) if kind in ['invoice', 'credit_note'] else 0\"",
)
FIELDS = {
    "string": {"type": "string", "maxLength": 100},
    "number": {"type": ["number", "null"]},
    "code": {"type": "string", "enum": ["EUR", "USD", "SEK", *(f"X{number:02}" for number in range(80))]},
}
TYPES = ("string", "string", "number", "code", "string", "number")


def route() -> tuple[str, dict[str, object]]:
    """Return the text of a route of 500 lines and the schema of what it makes."""
    lines = ["source: shop.orders", "destination: books.entries", "tables:", "  codes:"]
    lines += [f'    "c{number}": {"EUR" if number % 2 else "USD"}' for number in range(500 - RULES - 5)]
    lines.append("fields:")
    properties: dict[str, object] = {}
    for number in range(RULES):
        kind = number % len(KINDS)
        lines.append(
            f"  field_{number}: {KINDS[kind].format(number)}".replace("from: currency |", 'from: "currency |').replace(
                "trim, lookup", 'trim", lookup'
            )
        )
        properties[f"field_{number}"] = FIELDS[TYPES[kind]]
    return "\n".join(lines) + "\n", {"type": "object", "additionalProperties": False, "properties": properties}


def main() -> None:
    """Print the median of five runs, reading the file and checking it apart."""
    text, destination = route()
    reading, checking = [], []
    for _ in range(5):
        begun = time.process_time()
        draft = read_draft(Path("route.yaml"), text)
        read = time.process_time()
        found = lint(draft, Known(SOURCE, destination))
        reading.append(read - begun)
        checking.append(time.process_time() - read)
    print(f"{len(text.splitlines())} lines, {RULES} rules, {len(found)} findings")
    print(f"read and compiled in {statistics.median(reading):.3f} s, checked in {statistics.median(checking):.3f} s")


if __name__ == "__main__":
    main()
