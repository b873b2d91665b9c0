"""The keys that stand beside `type:` and say how a value is read: format, locale, zone, to_zone, currency, round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mappings.language.paths import Scope

OPTIONS = {
    "format": "how the value is written at the source: dates by letters such as %d.%m.%Y, numbers by an example such as "
    "1.234,56; a list if there are several ways",
    "locale": "in which language names of months or countries are, such as de; a list if in several",
    "zone": "the time zone that a time without an offset means, such as Europe/Berlin",
    "to_zone": "the time zone of the result; without it UTC",
    "currency": "the currency of an amount: a code such as EUR, or a path or expression",
    "round": "how an amount is rounded to its currency's places; without it none",
}
"""Every key that may stand beside `type:`; which of them, a Type says."""
LISTS = frozenset({"format", "locale"})
"""Those that may have a list."""
MOST = 8
"""How many items such a list may have."""


@dataclass(frozen=True, slots=True)
class Options:
    """What stands beside a type. `currency` gives the currency of the document at hand."""

    format: tuple[str, ...] = ()
    locale: tuple[str, ...] = ()
    zone: str | None = None
    to_zone: str | None = None
    round: str = "none"
    currency: Callable[[Scope], object] | None = None
