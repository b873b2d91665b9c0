"""The task with drt: a REST profile and a sync with a template, and no code. BENCH_CONFIG: fail or skip (its `on_error`)."""

import json
import os
import sys
from pathlib import Path

from mapping import CONFIG, DEPARTMENTS, DESTINATION, SOURCE, STATE

_NUMBER = "{{{{ {0} | replace('.', '') | replace(',', '.') }}}}".format
_DAY = "{{{{ {0}[6:10] }}}}-{{{{ {0}[3:5] }}}}-{{{{ {0}[0:2] }}}}".format
BODY = """{% set departments = DEPARTMENTS %}{
"externalKey": {{ row.id | tojson_safe }}, "number": {{ row.invoiceNumber | tojson_safe }},
"title": {{ (row.supplier.name ~ " " ~ row.invoiceNumber) | tojson_safe }},
"supplier": {"name": {{ row.supplier.name | tojson_safe }}, "country": {{ row.supplier.address.country | tojson_safe }},
"vat": {{ row.supplier.vatId | tojson_safe }}},
"issued": "ISSUED", "due": "DUE", "currency": {{ row.currency | tojson_safe }}, "total": TOTAL, "tax": TAX,
"department": {{ departments[row.costCenter] | tojson_safe }},
"lines": [{% for item in row["items"] %}{"position": {{ loop.index }}, "sku": {{ item.sku | tojson_safe }},
"quantity": QUANTITY, "amount": AMOUNT}{{ "" if loop.last else "," }}{% endfor %}]}"""
for _name, _text in {
    "DEPARTMENTS": json.dumps(DEPARTMENTS),
    "ISSUED": _DAY("row.issuedAt"),
    "DUE": _DAY("row.dueAt"),
    "TOTAL": _NUMBER("row.total"),
    "TAX": _NUMBER("row.tax"),
    "QUANTITY": _NUMBER("item.quantity"),
    "AMOUNT": _NUMBER("item.amount"),
}.items():
    BODY = BODY.replace(_name, _text)
PROFILE = {
    "default": {
        "type": "rest_api",
        "url": f"{SOURCE}/documents",
        "result_path": "items",
        "pagination": {
            "type": "offset",
            "limit": 100,
            "offset_param": "offset",
            "limit_param": "limit",
            "max_pages": 100_000,
        },
        "incremental": {"start_param": "updated_since"},
    }
}
SYNC = {
    "name": "task",
    "model": "documents",
    "destination": {
        "type": "rest_api",
        "url": f"{DESTINATION}/invoices",
        "method": "POST",
        "headers": {"content-type": "application/json"},
        "body_template": BODY,
    },
    "sync": {
        "mode": "incremental",
        "cursor_field": "updatedAt",
        "on_error": CONFIG,
        "rate_limit": {"requests_per_second": 100_000},
    },
}
os.environ["HOME"] = str(STATE)
(STATE / ".drt").mkdir(exist_ok=True)
(STATE / "syncs").mkdir(exist_ok=True)
# JSON is YAML.
(STATE / ".drt" / "profiles.yml").write_text(json.dumps(PROFILE))
(STATE / "drt_project.yml").write_text(json.dumps({"name": "task", "profile": "default"}))
(STATE / "syncs" / "task.yml").write_text(json.dumps(SYNC))
os.chdir(STATE)
os.execv(sys.executable, [sys.executable, str(Path(sys.executable).parent / "drt"), "run"])
