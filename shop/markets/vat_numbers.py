"""VAT numbers of businesses: read as people type them, with their check digits. Nobody is asked whether they are given
out."""

import re
from functools import lru_cache

from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from shop.pricing.tax import EU

GREECE = ("EL", "GR")
"""The prefix of its VAT numbers, and its ISO 3166 code."""
_OTHERS = frozenset({"GB", "CH", "NO"})
LONGEST = 20


class BadNumber(ValueError):
    """This is no VAT number of a country whose numbers are known."""


@lru_cache(maxsize=1000)
def parse(typed: str, country: str = "") -> tuple[str, str]:
    """(ISO 3166 code of its country, the number as it is written). `country` is that of a number without one.

    Raises `BadNumber`.
    """
    bare = re.sub(r"[\s.\-/]", "", typed).upper()
    if not bare.isascii() or not bare.isalnum() or len(bare) > LONGEST:
        raise BadNumber(typed[:LONGEST])
    prefix = bare[:2]
    named = GREECE[1] if prefix == GREECE[0] else prefix
    for code in dict.fromkeys((named, country)):
        if code not in EU | _OTHERS:
            continue
        module = get_cc_module(code.lower(), "vat")
        try:
            digits = module.compact(bare) if module else ""
            if module and module.validate(digits):
                ours = GREECE[0] if code == GREECE[1] else code
                return code, digits if digits.startswith(ours) else f"{ours}{digits}"
        except ValidationError:
            continue
    raise BadNumber(typed[:LONGEST])


def reverses_charge(number: str, country: str, seller: str) -> bool:
    """Whether a business with that number, in that country, owes the tax itself: in another member state alone."""
    if not number or country == seller or not {country, seller} <= EU:
        return False
    try:
        return parse(number)[0] == country
    except BadNumber:
        return False
