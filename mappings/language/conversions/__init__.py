"""What `type:` does, and the keys that stand beside it: strict conversions of single values, nothing guessed."""

from mappings.language.conversions.options import LISTS, MOST, OPTIONS, Options
from mappings.language.conversions.types import TYPES, Convert, Quick, Type

__all__ = ["LISTS", "MOST", "OPTIONS", "TYPES", "Convert", "Options", "Quick", "Type"]
