"""The filters (`x | trim`) and tests (`x is defined`) of the expression language; what is not here does not exist."""

from mappings.language.filters.codes import CODES
from mappings.language.filters.dates import DATES
from mappings.language.filters.filter import LOOKUP, Filter
from mappings.language.filters.numbers import NUMBERS
from mappings.language.filters.tests import TESTS, Test
from mappings.language.filters.texts import TEXTS

FILTERS: dict[str, Filter] = dict(sorted((TEXTS | NUMBERS | DATES | CODES).items()))
"""Every filter but `lookup`, which needs the route's tables."""

__all__ = ["FILTERS", "LOOKUP", "TESTS", "Filter", "Test"]
