"""The values of the catalogue that staff change one by one: prices, stock counted, titles, status.

A value is text, as a field shows it. Whoever writes one says what it was before: what somebody else changed meanwhile
is not overwritten. Tables, imports and their undo all write through `put`.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from djmoney.money import Money

from shop.catalog import prices, publication, stock
from shop.catalog.models import Product, Stock, Variant
from shop.lib.currencies import decimals_of
from shop.lib.typed_money import AmountReader, NotAnAmount
from shop.lib.typed_text import one_line
from shop.pricing.amounts import money

MOST_PIECES = 10_000_000


class Refused(Exception):
    """The text cannot be such a value. The argument says why, for whoever typed it."""


class ChangedMeanwhile(Exception):
    """The value is not what it was when it was shown. `now` is what it is."""

    def __init__(self, now: str) -> None:
        super().__init__(now)
        self.now = now


@dataclass(frozen=True)
class By:
    """Who changes something, and why."""

    actor: str
    reason: str = "counted"
    note: str = ""


class Value:
    """One kind of value. `name` is also the column of imports and exports."""

    name: str
    label: Any
    permission: str
    of_product = False
    kind = "text"

    def shown(self, variant: Any) -> str:
        """The value as a field shows it."""
        raise NotImplementedError

    def read(self, typed: str, now: str) -> str:
        """What was typed, as `shown` would show it. Raises `Refused`."""
        raise NotImplementedError

    def write(self, variant: Any, wanted: str, by: By) -> None:
        """Store it. The row is locked. Raises `Refused`."""
        raise NotImplementedError

    def lock(self, variant_id: int) -> Any:
        """The variant, with the row that has this value locked. Raises `Variant.DoesNotExist`."""
        Variant.objects.select_for_update().only("pk").get(pk=variant_id)
        return Variant.objects.select_related("product", "stock").get(pk=variant_id)

    def choices(self, variant: Any) -> list[tuple[str, Any]]:
        """What may be chosen; nothing where it is typed."""
        return []


class PriceValue(Value):
    """The price in one currency; empty where the variant is not sold."""

    permission = "catalog.change_price"
    kind = "amount"

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.name = f"price_{currency.lower()}"
        self.label = gettext_lazy("Price, %(currency)s") % {"currency": currency}

    def shown(self, variant: Any) -> str:
        for price in variant.prices.all():
            if price.amount.currency.code == self.currency:
                return f"{price.amount.amount:f}"
        return ""

    def read(self, typed: str, now: str) -> str:
        if not typed:
            return ""
        try:
            amount = AmountReader(self.currency).read(typed)
        except NotAnAmount:
            decimals = decimals_of(self.currency)
            example = money(1999 if decimals == 2 else 19 * 10**decimals, self.currency).amount
            raise Refused(
                _("This is no amount of %(currency)s. Write it as %(example)s.")
                % {"currency": self.currency, "example": example}
            ) from None
        return f"{amount:.{decimals_of(self.currency)}f}"

    def write(self, variant: Any, wanted: str, by: By) -> None:
        prices.put(variant, self.currency, Money(wanted, self.currency) if wanted else None)


class CountValue(Value):
    """How many are on hand. "+40" and "-1" are typed for what came and went since; "12" is a count."""

    name = "stock"
    label = gettext_lazy("On hand")
    permission = "catalog.change_stock"
    kind = "count"

    def __init__(self, short: bool = True) -> None:
        self.short = short

    def lock(self, variant_id: int) -> Any:
        stock.lock([variant_id])
        return Variant.objects.select_related("product", "stock").get(pk=variant_id)

    def shown(self, variant: Any) -> str:
        found = getattr(variant, "stock", None)
        return str(found.on_hand) if found else "0"

    def read(self, typed: str, now: str) -> str:
        typed = typed.replace("\N{MINUS SIGN}", "-")
        sign, digits = (typed[:1], typed[1:].strip()) if typed[:1] in ("+", "-") else ("", typed)
        if not (digits.isascii() and digits.isdigit() and len(digits) < 9):
            raise Refused(_("This is no whole number. Write a count such as 12, or a change such as +40 or -1."))
        number = int(digits) if not sign else int(now) + (int(digits) if sign == "+" else -int(digits))
        if not 0 <= number <= MOST_PIECES:
            raise Refused(_("There cannot be %(n)s of something.") % {"n": number})
        return str(number)

    def write(self, variant: Any, wanted: str, by: By) -> None:
        try:
            stock.adjust(variant, int(wanted), by.reason, actor=by.actor, note=by.note, short=self.short)
        except ValueError:
            raise Refused(
                _("%(n)s are promised to orders; there cannot be fewer.") % {"n": variant.stock.reserved}
            ) from None


class LowBelowValue(Value):
    """The number of available pieces below which a stock is low; empty for the usual one."""

    name = "low_below"
    label = gettext_lazy("Low below")
    permission = "catalog.change_stock"
    kind = "count"

    def lock(self, variant_id: int) -> Any:
        stock.lock([variant_id])
        return Variant.objects.select_related("stock").get(pk=variant_id)

    def shown(self, variant: Any) -> str:
        found = getattr(variant, "stock", None)
        return "" if found is None or found.low_below is None else str(found.low_below)

    def read(self, typed: str, now: str) -> str:
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 8):
            raise Refused(_("This is no whole number."))
        return str(int(typed)) if typed else ""

    def write(self, variant: Any, wanted: str, by: By) -> None:
        found: Stock = variant.stock
        found.low_below = int(wanted) if wanted else None
        found.save(update_fields=["low_below"])


class _OfProduct(Value):
    permission = "catalog.change_product"
    of_product = True

    def lock(self, variant_id: int) -> Any:
        owner = Variant.objects.only("product_id").get(pk=variant_id).product_id
        Product.objects.select_for_update().only("pk").get(pk=owner)
        return Variant.objects.select_related("product", "stock").get(pk=variant_id)


class TitleValue(_OfProduct):
    """The product's title in one language. The first language needs one; in the others it may be missing."""

    def __init__(self, code: str, language: Any) -> None:
        self.field = f"title_{code.replace('-', '_')}"
        self.name, self.label = self.field, gettext_lazy("Title, %(language)s") % {"language": language}
        self.needed = code == settings.LANGUAGE_CODE

    def shown(self, variant: Any) -> str:
        return getattr(variant.product, self.field) or ""

    def read(self, typed: str, now: str) -> str:
        title = one_line(typed)
        if self.needed and not title:
            raise Refused(_("A product needs a title."))
        if len(title) > (most := Product._meta.get_field("title").max_length or 0):
            raise Refused(_("A title has at most %(most)s characters.") % {"most": most})
        return title

    def write(self, variant: Any, wanted: str, by: By) -> None:
        setattr(variant.product, self.field, wanted)
        variant.product.save(update_fields=[self.field])


class StatusValue(_OfProduct):
    """Whether the product is for sale. A moment to begin is given on the product's own page."""

    name = "status"
    label = gettext_lazy("Status")
    kind = "choice"

    def shown(self, variant: Any) -> str:
        return publication.status_of(variant.product).value

    def read(self, typed: str, now: str) -> str:
        if typed not in publication.Status or (typed == publication.Status.SCHEDULED != now):
            raise Refused(_("There is no such status."))
        return typed

    def write(self, variant: Any, wanted: str, by: By) -> None:
        publication.put(variant.product, wanted)
        variant.product.save(update_fields=publication.COLUMNS)

    def choices(self, variant: Any) -> list[tuple[str, Any]]:
        now = publication.status_of(variant.product)
        scheduled = publication.Status.SCHEDULED
        return [
            (each.value, publication.words(variant.product) if each == scheduled else each.label)
            for each in publication.Status
            if each != scheduled or now == scheduled
        ]


def titles() -> list[TitleValue]:
    """The titles, one for each language of the site."""
    return [TitleValue(code, name) for code, name in settings.LANGUAGES]


def put(variant_id: int, value: Value, before: str, typed: str, by: By) -> bool:
    """Change one value from what it was `before`. Returns whether it changed.

    Raises `Refused`, `ChangedMeanwhile`, `Variant.DoesNotExist`.
    """
    with transaction.atomic():
        variant = value.lock(variant_id)
        now = value.shown(variant)
        wanted = value.read(typed, now)
        if wanted == now:
            return False
        if now != before:
            raise ChangedMeanwhile(now)
        value.write(variant, wanted, by)
        return True
