"""The demo data of the DocuMine sandbox: reports with what was read from them. A function of the seed and the number."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(2026, 5, 1, tzinfo=UTC)
STUDIES = (
    "Acute toxicity of X",
    "Überprüfung der Größe: Prüfbericht Nr. 7",
    "急性毒性試験",
    'Ames test "S. typhimurium" / TA98',
    "Étude de stabilité à 40 °C",
    "安全性评价",
    "Dermal sensitisation; guinea pig",
    "a",
    "Long-term carcinogenicity study in rats, with interim sacrifice and recovery groups, amended " * 2,
)
LABS = ("Beispiel Labor GmbH", "山田研究所", "O'Neill & Søn ApS", "Institut für Prüfung", "")
NAMES = ("report {}.pdf", "Prüfbericht {} (Größe).pdf", "報告書 {}.pdf", "study-{}.pdf", "final report {}.docx.pdf")


def file_name(number: int) -> str:
    """Return the name of a demo file."""
    return NAMES[number % len(NAMES)].format(number + 1)


def components(seed: int, number: int, analysis: int) -> dict[str, list[str]]:
    """Return what an analysis finds: names with blanks and underscores, several values, empty ones, and none at all."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311 -- repeatable on purpose, nothing secret
    done = date(2024, 1, 1) + timedelta(days=chance.randrange(600))
    found = {
        "Study_Title": [STUDIES[number % len(STUDIES)]],
        "Completion Date": [done.isoformat()],
        "Test_Facility": [LABS[chance.randrange(len(LABS))]],
        "Study_Number": [f"S-{number + 1:05d}"],
        "Cost": [f"{chance.randrange(1, 999)}.{chance.randrange(100):02d}" if number % 59 else "12345678901234567.89"],
        "Species": [["rat"], ["rat", "mouse"], ["兎", "Hund"]][number % 3],
    }
    if number % 7 == 3:  # noqa: PLR2004 -- rhythms of the data, here and below
        del found["Completion Date"]
    if number % 11 == 5:  # noqa: PLR2004 -- a rhythm of the sample data
        found["Study_Title"] = [""]
    if number % 13 == 6:  # noqa: PLR2004 -- a rhythm of the sample data
        found["Species"] = []
    if analysis > 1:
        found["Study_Title"] = [f"{found['Study_Title'][0]} (analysis {analysis})"]
    return found


def details(found: dict[str, list[str]], file_id: str) -> dict[str, list[dict[str, object]]]:
    """Return where each value comes from; an empty fallback comes from nowhere."""
    return {
        name: [
            {
                "componentRuleId": f"{name.replace(' ', '').replace('_', '')}.{place}.0",
                "value": value,
                "originalValue": value.upper() or None,
                "valueDescription": f"{name} number {place + 1}",
                "entityReferences": [
                    {"id": f"{file_id}-{place}", "type": name.lower(), "entityRuleId": "DOC.6.0", "page": 1}
                ]
                if value
                else [],
            }
            for place, value in enumerate(values)
        ]
        for name, values in found.items()
    }
