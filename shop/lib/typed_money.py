"""Amounts of money as people and spreadsheets of any country write them: `12,50`, `1.299,00 €`, `1'299.00`."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_symbol
from django.utils.translation import gettext as _

from shop.lib.currencies import decimals_of

LARGEST = Decimal(10) ** 9
_SYMBOL_LANGUAGES = ("en", "de", "ja", "zh", "fr_CA", "en_AU")
_NUMBER = re.compile(r"(?P<before>[^\d.,-]*)(?P<sign>-?)(?P<number>[\d.,' ]*\d[\d.,' ]*)(?P<after>.*)")


class NotAnAmount(ValueError):
    """The text is no amount of the currency. The argument says why: it continues "the price 'x', …"."""


@dataclass
class AmountReader:
    """Reads the amounts of one list.

    `1,299` has two readings. Amounts that have only one tell which mark of the list is the decimal one; until then an
    amount with two readings is refused.
    """

    currency: str
    decimal_mark: str = ""

    def read(self, text: str) -> Decimal:
        """The amount. Raises `NotAnAmount`."""
        clean = unicodedata.normalize("NFKC", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        clean = clean.replace("\N{MINUS SIGN}", "-").strip()
        clean = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in clean)
        clean = re.sub(r"(?<=\d)[.,][-–—]+", "", clean)  # "12,–" is twelve
        found = _NUMBER.fullmatch(clean)
        if not found:
            raise NotAnAmount(_("which is not a number"))
        for words in (found["before"], found["after"]):
            self._check_currency(words.strip())
        amount = Decimal(self._digits(found["number"].strip()))
        decimals = decimals_of(self.currency)
        if found["sign"] or amount >= LARGEST:
            raise NotAnAmount(_("which is not possible"))
        if amount != round(amount, decimals):
            few = _("but %(currency)s has %(n)s decimals") if decimals else _("but %(currency)s has no decimals")
            raise NotAnAmount(few % {"currency": self.currency, "n": decimals})
        return amount

    def _check_currency(self, words: str) -> None:
        if words and words.casefold() not in _names(self.currency):
            known = any(unicodedata.category(char) == "Sc" for char in words) or re.fullmatch("[A-Z]{3}", words)
            raise NotAnAmount(
                _("which is not in %(currency)s") % {"currency": self.currency} if known else _("which is not a number")
            )

    def _digits(self, number: str) -> str:
        """The number with a point as its decimal mark and nothing else between the digits."""
        for mark in "' ":
            if mark in number:
                whole = re.split("[.,]", number)[0]
                if not _grouped(whole, mark):
                    raise NotAnAmount(_("which is not a number"))
                if len(re.findall("[.,]", number)) == 1:
                    self.decimal_mark = "," if "," in number else "."
                number = number.replace(mark, "")
        last = max(number.rfind("."), number.rfind(","))
        if last < 0:
            return number
        mark, other = number[last], {".": ",", ",": "."}[number[last]]
        before, after = number[:last], number[last + 1 :]
        if other in before:  # both occur: the last one is the decimal mark
            if mark in before or not _grouped(before, other):
                raise NotAnAmount(_("which is not a number"))
            self.decimal_mark = mark
            return f"{before.replace(other, '')}.{after or 0}"
        if mark in before:  # it occurs twice, so it is no decimal mark
            if not _grouped(number, mark):
                raise NotAnAmount(_("which is not a number"))
            self.decimal_mark = other
            return number.replace(mark, "")
        if re.fullmatch("[1-9][0-9]{0,2}", before) and len(after) == 3:
            if not self.decimal_mark:
                raise NotAnAmount(
                    _("which may be %(whole)s or %(part)s: write %(whole)s.00")
                    % {"whole": before + after, "part": f"{before}.{after}"}
                )
            return f"{before}.{after}" if mark == self.decimal_mark else before + after
        self.decimal_mark = mark
        return f"{before or 0}.{after or 0}"


def _grouped(digits: str, mark: str) -> bool:
    """Whether the mark stands between groups of digits: of three, or of two as India writes the higher ones."""
    return bool(re.fullmatch(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{2,3}})*{re.escape(mark)}\d{{3}}", digits))


@lru_cache
def _names(currency: str) -> frozenset[str]:
    """The currency's code and symbols, in lower case."""
    symbols = {get_currency_symbol(currency, language) for language in _SYMBOL_LANGUAGES}
    extra = {"CNY": {"¥", "元", "rmb"}, "JPY": {"¥", "円"}, "USD": {"$"}, "EUR": {"euro"}, "CHF": {"fr."}}
    names = symbols | extra.get(currency, set()) | {currency}
    return frozenset(unicodedata.normalize("NFKC", name).casefold() for name in names)
