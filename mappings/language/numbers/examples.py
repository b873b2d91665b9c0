"""Number formats by example: `1.234,56` says which sign groups digits and which one is the decimal point.

An example, and not a locale: what it means stands in the route file and never changes with a library's data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from mappings.language.values import DIGITS, ValueProblem, number
from mappings.language.words import FormatError

LONGEST_FORMAT = 40
"""How many characters an example may have."""
_LONGEST_NUMBER = 120
_CORE = re.compile(r"[0-9](?:.*[0-9])?", re.DOTALL)
_NO_DIGIT = re.compile(r"[^0-9]")
_MINUS = frozenset({"-", "\u2212"})
_SPACES = " \u00a0\u2009\u202f\u2007"
_TWINS: Final = {**dict.fromkeys(_SPACES, _SPACES), **dict.fromkeys("'\u2019", "'\u2019"), ",": ",", ".": "."}
"""What groups digits or ends the whole part, and the signs that look the same."""
ANY_SIGN = "\u00a4"
"""The sign for a currency's sign, whichever it is (U+00A4); the Unicode CLDR uses it so."""
_SIGN = r"(?P<sign>[^\W\d_]{1,4}\.?|[^\w\s.,'+-]{1,2}|[A-Za-z]{1,2}[$\u00a5])"
_SIGNS = r"[-+\u2010-\u2015\u2212\ufe63\uff0d]"
"""Everything that may be meant as a sign."""
_GROUP = 3
_HELP = "write it as the number 1234.56 looks there, such as '1.234,56'"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format that is checked. `places` is how many digits its example has after the decimal point.

    `decimal` and `group` are its signs, empty if it shows none; `sizes` are those of the last and of the other groups,
    `before` and `after` what stands beside the digits. With `minus_last` a minus stands behind them.
    """

    text: str
    places: int
    any_sign: bool
    decimal: str
    group: str
    sizes: tuple[int, int]
    before: str
    after: str
    minus_last: bool
    _pattern: re.Pattern[str]

    def read(self, text: str) -> tuple[Decimal, str | None] | None:
        """Return the number that a text shows and its currency's sign, if the example has ¤; None if it is not so."""
        match = self._pattern.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
        if match is None:
            return None
        found = match.groupdict()
        whole: str = found["whole"]
        if not (whole.isascii() and whole.isdigit()):
            whole = _NO_DIGIT.sub("", whole)
        if len(whole) > DIGITS:
            return None
        minus = "-" if (found.get("first") or found.get("inner") or found.get("last")) in _MINUS else ""
        rest = found.get("rest")
        return Decimal(f"{minus}{whole}.{rest}" if rest else minus + whole), found.get("sign")

    def write(self, value: object) -> str:
        """Write a number with the places of the example. Raises ValueProblem if digits would be lost."""
        exact = Decimal(number(value))
        shown = f"{exact:.{self.places}f}"
        if Decimal(shown) != exact:
            raise ValueProblem(f"has more than {self.places} places, which '{self.text}' does not show; round it first")
        digits, _, rest = shown.removeprefix("-").partition(".")
        grouped = self.group.join(self._groups(digits)) if self.group else digits
        minus = "-" if exact < 0 else ""
        first, last = ("", minus) if self.minus_last else (minus, "")
        return f"{first}{self.before}{grouped}{self.decimal + rest if rest else ''}{last}{self.after}"

    def _groups(self, digits: str) -> list[str]:
        first, further = self.sizes
        groups = [digits[-first:]]
        digits = digits[:-first]
        while digits:
            groups.insert(0, digits[-further:])
            digits = digits[:-further]
        return groups


@lru_cache(maxsize=256)
def number_format(text: str) -> NumberFormat:
    """Check an example. Raises FormatError."""
    core = _CORE.search(text)
    if core is None or len(text) > LONGEST_FORMAT or "#" in text:
        raise FormatError(f"format '{text[:LONGEST_FORMAT]}' is not an example of a number; {_HELP}")
    before, after = text[: core.start()], text[core.end() :]
    if re.search(_SIGNS, before):
        raise FormatError(f"format '{text}' begins with a sign; a number may have one anyway")
    group, decimal, sizes, places = _separators(text, core[0])
    minus_last = after.startswith("-")
    after = after.removeprefix("-")
    if re.search(rf"(?<![.,]){_SIGNS}", after) or re.search(r"[()]", before + after):
        # taken for a word beside the digits it would have to be there always, and make nothing negative
        raise FormatError(
            f"format '{text}' has a sign or ( ) that would not make a number negative; a minus stands before the number "
            "or right behind its last digit, such as '1.234,56-'"
        )
    if (before + after).count(ANY_SIGN) > 1:
        raise FormatError(f"format '{text}' has more than one {ANY_SIGN}")
    sign, prefix = r"[-+\u2212]", _literal(before, after_it=True)
    if minus_last:
        first, last = prefix, rf"(?P<last>{sign})?"
    else:
        # -€ 5 and € -5 are both written
        first, last = rf"(?P<first>{sign})?{prefix}(?(first)|(?P<inner>{sign})?)", ""
    rest = rf"(?:{_either(decimal)}(?P<rest>[0-9]{{1,{DIGITS}}}))?" if decimal else ""
    pattern = f"{first}(?P<whole>{_whole(group, sizes)}){rest}{last}{_literal(after, after_it=False)}"
    return NumberFormat(
        text=text,
        places=places,
        any_sign=ANY_SIGN in before + after,
        decimal=decimal,
        group=group,
        sizes=sizes,
        before=before,
        after=after,
        minus_last=minus_last,
        _pattern=re.compile(pattern),
    )


def _separators(text: str, core: str) -> tuple[str, str, tuple[int, int], int]:
    """Return the sign that groups digits, the decimal point, the sizes of the last and the other groups, the places."""
    signs = re.sub(r"[0-9]", "", core)
    odd = [sign for sign in signs if sign not in _TWINS]
    if odd:
        raise FormatError(f"format '{text}' is not an example of a number: '{odd[0]}' stands between digits; {_HELP}")
    kinds = list(dict.fromkeys(_TWINS[sign] for sign in signs))
    if not signs:
        return "", "", (_GROUP, _GROUP), 0
    whole, last, rest = core.rpartition(signs[-1])
    if len(signs) == 1 and last in ".," and len(rest) == _GROUP and len(whole) <= _GROUP:
        raise FormatError(
            f"format '{text}' can be read in two ways, with '{last}' before thousands or before decimals; {_HELP}"
        )
    if len(kinds) == 1 and (len(signs) > 1 or last not in ".,"):
        return last, "", _sizes(text, re.split(r"[^0-9]", core)), 0
    if len(kinds) > 2 or last not in ".," or signs.count(last) > 1:  # noqa: PLR2004 -- one groups digits, one is the decimal point
        raise FormatError(f"format '{text}' is not an example of a number; {_HELP}")
    if len(kinds) == 1:
        return "", last, (_GROUP, _GROUP), len(rest)
    return signs[0], last, _sizes(text, re.split(r"[^0-9]", whole)), len(rest)


def _sizes(text: str, groups: list[str]) -> tuple[int, int]:
    first, *middle, last = map(len, groups)
    further = middle[0] if middle else _GROUP
    if last != _GROUP or further not in {2, _GROUP} or set(middle) - {further} or first > further:
        raise FormatError(f"format '{text}' has groups of digits that nobody writes; {_HELP}")
    return last, further


def _whole(group: str, sizes: tuple[int, int]) -> str:
    plain = rf"[0-9]{{1,{DIGITS}}}"
    if not group:
        return plain
    last, further, sign = *sizes, _either(group)
    return rf"[1-9][0-9]{{0,{further - 1}}}(?:{sign}[0-9]{{{further}}}){{0,{DIGITS}}}{sign}[0-9]{{{last}}}|{plain}"


def _either(sign: str) -> str:
    return f"[{re.escape(_TWINS[sign])}]"


def _literal(text: str, *, after_it: bool) -> str:
    """Return the pattern of what stands beside the digits; a space between both may be there or not."""
    core = text.strip(_SPACES)
    pattern = _SIGN.join(re.escape(part) for part in core.split(ANY_SIGN))
    space = f"[{_SPACES}]?" if core else ""
    return pattern + space if after_it else space + pattern
