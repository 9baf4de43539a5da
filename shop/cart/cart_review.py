"""A cart before it is bought: today's prices and stock, what it costs, and what has changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from djmoney.money import Money

from events.db.prepared import prepared
from shop.cart.calculation import Calculation, calculate
from shop.cart.carts import SESSION_KEY
from shop.cart.models import Cart, CartLine
from shop.catalog import prices
from shop.markets.places import Place, here
from shop.pricing.amounts import money
from shop.pricing.quote import Quote, QuoteLine
from shop.vouchers.offers import reason


@dataclass(frozen=True)
class ReviewedLine:
    """A cart line with today's price and stock. `problem` says why it cannot be bought, or is ""."""

    line: CartLine
    problem: str = ""
    quoted: QuoteLine | None = None
    currency: str = ""

    @property
    def total(self) -> Money | None:
        """The total at today's price, before discounts; None without a price."""
        return money(self.quoted.listed, self.currency) if self.quoted else None


@dataclass(frozen=True)
class Review:
    """A cart with today's prices and stock. `changes` describes what differs from what the shopper last saw."""

    place: Place
    calculation: Calculation
    lines: list[ReviewedLine] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    blocked: bool = False
    """Whether something cannot be bought as it is."""

    @property
    def cart(self) -> Cart:
        """The reviewed cart. Only for a review with lines."""
        return self.lines[0].line.cart

    @property
    def quote(self) -> Quote | None:
        """What it costs before a delivery is chosen; None where the tax is not known."""
        return self.calculation.goods

    @property
    def count(self) -> int:
        """The number of things."""
        return sum(reviewed.line.quantity for reviewed in self.lines)

    @property
    def refusals(self) -> list[str]:
        """Why some codes do not apply, in words."""
        return [reason(each, self.place.currency) for each in self.quote.refused] if self.quote else []


def review_of(request: HttpRequest, place: Place | None = None) -> Review:
    """The review of this shopper's cart, for their own place unless told another; an empty review if there is none."""
    place = place or here(request)
    if request.user.is_authenticated:
        return _review(_lines_of_member(request.user.pk, place.currency), place, request.user.email)
    if key := request.session.get(SESSION_KEY):
        return _review(_lines_of_guest(key, place.currency), place, "")
    return _review([], place, "")


def review(cart: Cart, place: Place, shopper: str = "") -> Review:
    """Compare the cart with today's prices and stock. No writes. `shopper` is a mail address, or "" if not known."""
    return _review(_lines(cart.pk, place.currency), place, shopper)


def _complete(lines: QuerySet[CartLine], currency: str) -> QuerySet[CartLine]:
    complete = lines.select_related("cart", "variant__product", "variant__picture", "variant__stock").order_by("pk")
    return prices.joined(complete, currency, "variant__prices")


@prepared
def _lines(cart: int, currency: str) -> QuerySet[CartLine]:
    return _complete(QuerySet(CartLine).filter(cart=cart), currency)


@prepared
def _lines_of_guest(cart: int, currency: str) -> QuerySet[CartLine]:
    return _complete(QuerySet(CartLine).filter(cart=cart, cart__user=None), currency)


@prepared
def _lines_of_member(user: int, currency: str) -> QuerySet[CartLine]:
    return _complete(QuerySet(CartLine).filter(cart__user=user), currency)


def _review(lines: Sequence[CartLine], place: Place, shopper: str) -> Review:
    if not lines:
        return Review(place, Calculation((), place, (), (), (), timezone.now()))
    prices.give([line.variant for line in lines], prices.joined_to(lines))
    calculation = calculate(lines, place, lines[0].cart.codes, shopper)
    changes, blocked = [], False
    problems = {}
    for line in lines:
        if problem := _problem(line, place):
            problems[line.pk] = problem
            changes.append(problem)
        elif line.price_seen.currency == line.variant.price.currency and line.price_seen != line.variant.price:
            changes.append(
                _("The price of %(title)s has changed from %(old)s to %(new)s.")
                % {"title": line.variant, "old": line.price_seen, "new": line.variant.price}
            )
    if calculation.goods is None:
        blocked = True
        changes.append(_("We cannot sell to %(country)s at the moment.") % {"country": place.name})
    result = Review(place, calculation, [], changes, blocked or bool(problems))
    quoted = {each.item.key: each for each in result.quote.lines} if result.quote else {}
    for line in lines:
        found = quoted.get(line.variant.sku)
        result.lines.append(ReviewedLine(line, problems.get(line.pk, ""), found, place.currency))
    return result


def _problem(line: CartLine, place: Place) -> str:
    available = line.variant.available
    names = {"title": line.variant, "n": available, "country": place.name}
    if not (line.variant.product.active and line.variant.active):
        return _("%(title)s is no longer for sale. Please take it out.") % names
    if line.variant.price is None:
        return _("%(title)s is not sold to %(country)s. Please take it out.") % names
    if available == 0:
        return _("%(title)s has sold out meanwhile. Please take it out.") % names
    if available < line.quantity:
        return (
            ngettext(
                "Only %(n)s of %(title)s is left. Please take fewer.",
                "Only %(n)s of %(title)s are left. Please take fewer.",
                available,
            )
            % names
        )
    return ""


def acknowledge(result: Review) -> None:
    """Record that the shopper has seen the current prices."""
    for reviewed in result.lines:
        line = reviewed.line
        if line.variant.price is not None and line.price_seen != line.variant.price:
            line.price_seen = line.variant.price
            line.save(update_fields=["price_seen", "price_seen_currency"])
