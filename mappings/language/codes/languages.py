"""Languages: from codes of ISO 639 and tags of BCP 47 to the tag that is registered for them."""

from __future__ import annotations

import re
from typing import Final

from mappings.language.shapes import looks
from mappings.language.values import ValueProblem

_LONGEST: Final = 64  # with blanks around it
_TAG: Final = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,6}")


def language(value: object) -> str:
    """Return a BCP 47 tag such as de or pt-BR, from a tag or an ISO 639 code of two or three letters. Raises ValueProblem."""
    if isinstance(value, str) and len(value) <= _LONGEST and _TAG.fullmatch(value.strip()):
        # loaded where a route uses it
        from langcodes import standardize_tag, tag_is_valid  # noqa: PLC0415 -- loaded only where a route needs it
        from langcodes.tag_parser import LanguageTagError  # noqa: PLC0415 -- as above

        try:
            tag = standardize_tag(value.strip())
            if tag != "und" and tag_is_valid(tag):
                return tag
        except LanguageTagError:
            pass
    raise ValueProblem(f"is not a language of ISO 639 or BCP 47 {looks(value)}")
