"""Mistakes beside `type:` and in filters: each is told once, at its place (») and with the next step."""

import pytest

from mappings.language import RouteError, load_route

HEAD = "source: hypatos.documents\ndestination: zefort.contracts\nfields:\n"
MISTAKES = {
    "a zone that is misspelt": (
        "  a: {from: x, type: datetime, zone: »Europe/Berln}\n",
        "'Europe/Berln' is not a time zone (did you mean 'Europe/Berlin'?)",
    ),
    "a zone of the result that is a path": (
        "  a: {from: x, type: datetime, to_zone: »/etc/localtime}\n",
        "'/etc/localtime' is not a time zone",
    ),
    "a zone that a date has no use for": (
        "  a: {from: x, type: date, zone: »Europe/Berlin}\n",
        "zone: of a date matters only with to_zone: beside it",
    ),
    "a zone beside a number": (
        "  a: {from: x, type: decimal, zone: »Europe/Berlin}\n",
        "zone: goes with type: date or datetime, not with type: decimal",
    ),
    "the second of two formats": (
        '  a: {from: x, type: date, format: ["%d.%m.%Y", »"%d.%m.%Q"]}\n',
        "'%Q' is not one of %d %m %Y",
    ),
    "a format without a time": (
        '  a: {from: x, type: datetime, zone: UTC, format: »"%d.%m.%Y"}\n',
        "format '%d.%m.%Y' does not tell hour and minute, such as '%d.%m.%Y %H:%M'",
    ),
    "a format of twelve hours without the half of the day": (
        '  a: {from: x, type: datetime, zone: UTC, format: »"%d.%m.%Y %I:%M"}\n',
        "%I and %p go together",
    ),
    "a format that tells the month twice": (
        '  a: {from: x, type: date, format: »"%d.%m.%B.%Y"}\n',
        "it tells the month, year or hour in two ways",
    ),
    "an empty list of formats": (
        "  a: {from: x, type: date, format: »[]}\n",
        "format: is an empty list; write at least one, or leave the key out",
    ),
    "too many locales": (
        "  a: {from: x, type: country, locale: »[de, fr, es, it, nl, pt, pl, sv, da]}\n",
        "locale: has more than 8 items",
    ),
    "a format that is a number": (
        "  a: {from: x, type: decimal, format: »1234.56}\n",
        "format: is the value 1234.56, not text; put quotes around it",
    ),
    "a list of zones": (
        "  a: {from: x, type: datetime, zone: »[UTC, UTC]}\n",
        "zone: is a list, not text",
    ),
    "a locale that nobody speaks": (
        '  a: {from: x, type: date, format: "%d. %B %Y", locale: »klingon}\n',
        "'klingon' is not a locale, such as de, fr or pt-BR",
    ),
    "the second of two locales": (
        "  a: {from: x, type: country, locale: [de, »dee_]}\n",
        "'dee_' is not a locale",
    ),
    "a locale without names to read": (
        '  a: {from: x, type: date, format: "%d.%m.%Y", locale: »de}\n',
        "locale: says whose names of months are read",
    ),
    "two locales with one name for two months": (
        '  a: {from: x, type: date, format: "%d. %B %Y", locale: [hr, »pl]}\n',
        "is another one in hr than in pl; name one of the two",
    ),
    "a number format that says too little": (
        '  a: {from: x, type: decimal, format: »"1.234"}\n',
        "can be read in two ways, with '.' before thousands or before decimals; write it as the number 1234.56",
    ),
    "any currency's sign where there is no currency": (
        '  a: {from: x, type: decimal, format: »"1.234,56 ¤"}\n',
        "has ¤, the sign of any currency; that goes with type: money",
    ),
    "money without a currency": (
        "  a: {from: x, type: »money}\n",
        "type: money needs currency: beside it, a code such as EUR or the path to one",
    ),
    "a currency that does not exist": (
        "  a: {from: x, type: money, currency: »EUX}\n",
        "'EUX' is not a currency of ISO 4217 (did you mean",
    ),
    "a currency that is no expression": (
        "  a: {from: x, type: money, currency: »a..b}\n",
        "a..b",
    ),
    "a rounding that does not exist": (
        "  a: {from: x, type: money, currency: EUR, round: »half-up}\n",
        "rounding is one of half_up, half_even, up, down, none",
    ),
    "a format in a filter": (
        "  a: »x | date('%d.%m')\n",
        "'| date': format '%d.%m' does not tell day, month and year",
    ),
    "a zone in a filter": (
        "  a: »x | to_zone('Europa/Berlin')\n",
        "'| to_zone': 'Europa/Berlin' is not a time zone (did you mean 'Europe/Berlin'?)",
    ),
    "a country in a filter": (
        "  a: »x | plus_business_days(3, 'GER')\n",
        "'| plus_business_days': public holidays of 'GER' are not known",
    ),
    "a region in a filter": (
        "  a: »x | plus_business_days(3, 'AT', 'BY')\n",
        "public holidays of region 'BY' are not known; of AT these are: 1, 2, 3",
    ),
    "a path where a filter needs fixed text": (
        "  a: »x | date(format)\n",
        "'| date' takes fixed text in quotes here, no path or expression",
    ),
    "a clock": ("  a: »now | format_date('%q')\n", "'%q' is not one of %d %m %Y"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_at_its_place(write_route, name):
    marked, sentence = MISTAKES[name]
    marked = HEAD + marked
    before = marked[: marked.index("»")]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    path = write_route(marked.replace("»", "", 1))
    with pytest.raises(RouteError) as caught:
        load_route(path)
    (problem,) = caught.value.problems
    assert sentence in problem.message
    assert (problem.line, problem.column) == (line, column)


def test_a_list_may_have_objects_whose_fields_are_called_like_options(route):
    loaded = route("fields:\n  prices: {list: [{amount: a, currency: b}, {name: c, format: d, zone: e}]}\n")
    payload = loaded.apply({"a": 1, "b": "EUR", "c": "x", "d": "y", "e": "z"}).payload
    assert payload == {"prices": [{"amount": 1, "currency": "EUR"}, {"name": "x", "format": "y", "zone": "z"}]}
