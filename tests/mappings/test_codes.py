"""Identifiers and codes: what each type takes for the same thing, and what it does not take for anything."""

import subprocess
import sys

import pytest

from mappings.language import MappingError
from mappings.language.codes import currencies, units


def result(route, rule, value):
    return route(f"fields:\n  a: {{from: x, {rule}}}\n").apply({"x": value}).payload["a"]


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("type: iban", " gb82-WEST 1234.5698 7654 32 ", "GB82WEST12345698765432"),
        ("type: bic", "DEUT DE FF 500", "DEUTDEFF500"),
        ("type: vat", "de 136 695 976", "DE136695976"),
        ("type: vat", "GR 094259216", "EL094259216"),
        ("type: vat", "EL094259216", "EL094259216"),
        ("type: vat", "CHE-100.155.212 MWST", "CHE100155212MWST"),
        ("type: vat", "NL4495445B01", "NL004495445B01"),
        ("type: vat", "XI 980 7806 84", "XI980780684"),
        ("type: country", "us", "US"),
        ("type: country", "USA", "US"),
        ("type: country", "U.S.A.", "US"),
        ("type: country", "840", "US"),
        ("type: country", "uk", "GB"),
        ("type: country", "OSTERREICH", "AT"),
        ("type: country", "République tchèque", "CZ"),
        ("type: country", "Cote d\u2019Ivoire", "CI"),
        ("type: country", "Elfenbeinküste", "CI"),
        ("type: country", "Republic of Korea", "KR"),
        ("type: country", "Russland", "RU"),
        ("type: country", "Holland", "NL"),
        ("type: country, locale: hu", "Németország", "DE"),
        ("type: currency", " eur ", "EUR"),
        ("type: currency", "CA$", "CAD"),
        ("type: currency", "bgn", "BGN"),
        ("type: language", "DEU", "de"),
        ("type: language", "zh_hant_tw", "zh-Hant-TW"),
        ("type: language", "iw", "he"),
        ("type: unit", "C62", "C62"),
        ("type: unit", "Kilogram", "KGM"),
        ("type: unit", "kg", "KGM"),
        ("type: unit", "m²", "MTK"),
        ("type: unit", "Std.", "HUR"),
        ("type: unit", "Stück", "H87"),
        ("type: unit", "XBX", "XBX"),
    ],
)
def test_every_spelling_comes_to_the_one_code(route, rule, value, expected):
    assert result(route, rule, value) == expected


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        ("type: iban", "DE89 3704 0044 0532 0130 01", "is not an IBAN: its check digits do not fit"),
        ("type: iban", "DE89 3704 0044 0532 0130", "is not an IBAN"),
        ("type: iban", "IBAN DE89370400440532013000", "is not an IBAN"),
        ("type: iban", 89370400440532013000, "is not an IBAN"),
        ("type: bic", "DEUTXXFF", "is not a BIC: a part of it, such as its country, does not exist"),
        ("type: bic", "DEUTDE", "is not a BIC"),
        ("type: vat", "136695976", "is not a VAT number that begins with its country"),
        ("type: vat", "DE136695977", "its check digits do not fit"),
        ("type: iban", "DE\uff189370400440532013000", "is not an IBAN"),
        ("type: iban", "DE8937040044053201300\u0660", "is not an IBAN"),
        ("type: vat", "US123456789", "a part of it, such as its country, does not exist"),
        ("type: country", "Kongo", "is a name of several countries"),
        ("type: country", "Atlantis", "is not a country"),
        ("type: country", "Deutsch", "is not a country"),
        ("type: country", "D", "is not a country"),
        ("type: country", "Németország", "is not a country"),
        ("type: country", 840, "is not a country"),
        ("type: country", "ß", "is not a country"),
        ("type: currency", "\u0131qd", "is not a currency of ISO 4217"),
        ("type: currency", "C$", "is a sign of several currencies"),
        ("type: unit", "gal", "is not a unit of UN/ECE Recommendation 20"),
        ("type: unit", "tons", "is not a unit of UN/ECE Recommendation 20"),
        (
            "type: currency",
            "$",
            "is a sign of several currencies; say with a table which one is meant (looks like '$')",
        ),
        ("type: currency", "£", "is a sign of several currencies"),
        ("type: currency", "Euro", "is not a currency of ISO 4217 (looks like 'Aaaa')"),
        ("type: currency", "DEM", "is not a currency of ISO 4217"),
        ("type: language", "German", "is not a language of ISO 639 or BCP 47"),
        ("type: language", "xx", "is not a language of ISO 639 or BCP 47"),
        ("type: unit", "STK", "is the code of one unit and a spelling of another"),
        ("type: unit", "kgm", "is not a unit of UN/ECE Recommendation 20"),
        ("type: unit", "Fuder", "is not a unit of UN/ECE Recommendation 20"),
    ],
)
def test_what_is_no_code_or_several_is_refused(route, rule, value, message):
    with pytest.raises(MappingError) as rejected:
        result(route, rule, value)
    assert message in str(rejected.value)


def test_every_sign_belongs_to_currencies_in_use():
    known = currencies._minor_units()  # noqa: SLF001 -- the list itself is what is asked about
    assert {code for codes in currencies._SIGNS.values() for code in codes.split()} <= known.keys()  # noqa: SLF001 -- as above


def test_minor_units_are_those_of_iso_and_not_the_coins_in_use():
    assert [currencies.minor_units(code) for code in ("EUR", "JPY", "KWD", "RSD", "IQD", "CLF", "XAU")] == [
        2,
        0,
        3,
        2,
        3,
        4,
        None,
    ]


def test_every_spelling_of_a_unit_means_one_unit():
    spellings = [spelling for spelled in units.SPELLINGS.values() for spelling in spelled.split()]
    assert len(spellings) == len(set(spellings))
    names = {name.casefold(): code for code, name in units._codes().items()}  # noqa: SLF001 -- the list itself is asked about
    assert [
        (each, code)
        for code, spelled in units.SPELLINGS.items()
        for each in spelled.split()
        if names.get(each, code) != code
    ] == []


def test_no_library_of_codes_is_loaded_before_a_route_needs_it():
    program = (
        "import sys, mappings.language\n"
        "print(*({'babel', 'holidays', 'pycountry', 'stdnum', 'iso4217', 'langcodes'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
