"""Units of measure: codes of UN/ECE Recommendation 20, from codes, their English names and common spellings.

`units.csv` has the codes in force of revision 17 (2021) with their names, taken from the public-domain data set
unece-units-of-measure (PDDL 1.0). The spellings below are this project's own.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from mappings.language.dates.names import composed
from mappings.language.shapes import looks
from mappings.language.values import ValueProblem
from mappings.language.work import spend_on_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 80
_STEPS_A_LETTER = 40  # what it takes to compare a name without case and accents, as characters of plain text
SPELLINGS: Final[Mapping[str, str]] = {
    "H87": "piece pieces pc pcs pce pces stk stck stück stücke stueck pièce pièces pieza piezas pezzo pezzi pz stuk stuks st kpl szt",
    "EA": "each",
    "PR": "pairs paar paare paire paires par pares paio paia",
    "SET": "sets satz garnitur",
    "DZN": "dozens dutzend douzaine docena dozzina",
    "KGM": "kg kgs kilo kilos kilograms kilogramm kilogrammes chilogrammi",
    "GRM": "g gr grams gramm gramme grammes",
    "MGM": "mg",
    "TNE": "t to tonne tonnes tonnen",
    "LTR": "l ltr liter liters litres litro litros litri",
    "MLT": "ml milliliter",
    "CLT": "cl",
    "HLT": "hl hektoliter",
    "MTR": "m meter meters metres mètre mètres metro metros metri lfm",
    "CMT": "cm zentimeter",
    "MMT": "mm millimeter",
    "KMT": "km kilometer kilometers kilomètre kilomètres kilometri",
    "MTK": "m2 m² qm sqm quadratmeter",
    "CMK": "cm2 cm² qcm",
    "MTQ": "m3 m³ cbm kubikmeter",
    "DMQ": "dm3 dm³",
    "SEC": "s sec second seconds sekunde sekunden",
    "MIN": "min mins minute minutes minuten minuto minutos minuti",
    "HUR": "h hr hrs hours std stunde stunden heure heures hora horas ora ore uur tim",
    "DAY": "d days tag tage jour jours día días giorno giorni dag dagen",
    "WEE": "wk weeks woche wochen semaine semaines",
    "MON": "mo mos months monat monate mois mes meses mese mesi maand maanden",
    "ANN": "yr yrs years jahr jahre an ans année années año años anno anni jaar",
    "KWT": "kw",
    "KWH": "kwh kilowattstunde kilowattstunden",
    "MWH": "mwh",
    "LS": "lump pauschal pauschale psch pausch forfait ls",
    "P1": "% pct prozent pour-cent",
    "INH": "in inch inches zoll",
    "FOT": "ft feet",
    "YRD": "yd yards",
    "LBR": "lb lbs pounds",
    "XCT": "carton cartons karton kartons ktn doos",
    "XBX": "box boxes schachtel boîte boîtes caja cajas scatola scatole",
    "XPX": "pallet pallets palette paletten palettes",
    "XPK": "package packages pkg packung packungen paket pakete colis",
    "XRO": "roll rolls rolle rollen rouleau rouleaux",
    "XBO": "bottle bottles flasche flaschen bouteille bouteilles",
    "XBG": "bag bags beutel sack säcke sac sacs",
}
"""Codes and their spellings, without capitals; with X before them those of Recommendation 21, as EN 16931 writes packages."""
_MEANT_OTHERWISE: Final = frozenset({"gal"})
"""Names on the list that documents write for something else: a gal is an acceleration there, and a gallon on an invoice."""


def unit(value: object) -> str:
    """Return a unit's code from its code in capitals, its English name or a common spelling. Raises ValueProblem."""
    if isinstance(value, str) and len(value) <= _LONGEST:
        spend_on_text(_STEPS_A_LETTER * len(value))
        text = value.strip()
        known = _names()
        by_code, by_name = text if text in _codes() else None, known.get(composed(text).removesuffix("."))
        if by_code and by_name and by_code != by_name:
            # STK is a cigarette to the code list and a piece to whoever writes German in capitals
            raise ValueProblem(
                f"is the code of one unit and a spelling of another; say with a table which one is meant {looks(value)}"
            )
        if by_code or by_name:
            return by_code or by_name or ""
    raise ValueProblem(f"is not a unit of UN/ECE Recommendation 20 {looks(value)}")


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    text = (files(__package__) / "units.csv").read_text(encoding="utf-8")
    rows = dict(list(csv.reader(text.splitlines()))[1:])
    return rows | {code: "" for code in SPELLINGS if code not in rows}


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    named: dict[str, set[str]] = {}
    for code, name in _codes().items():
        named.setdefault(composed(name), set()).add(code)
    found = {name: codes.pop() for name, codes in named.items() if len(codes) == 1 and name not in _MEANT_OTHERWISE}
    return found | {spelling: code for code, spellings in SPELLINGS.items() for spelling in spellings.split()}
