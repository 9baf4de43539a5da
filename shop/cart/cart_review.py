"""A cart before it is bought: today's prices and stock, and what has changed."""

from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from djmoney.money import Money

from events.db.prepared import prepared
from shop.cart.carts import SESSION_KEY
from shop.cart.models import Cart, CartLine


@dataclass(frozen=True)
class ReviewedLine:
    """A cart line with today's price and stock. `problem` says why it cannot be bought, or is ""."""

    line: CartLine
    problem: str = ""

    @property
    def total(self) -> Money:
        """The total at today's price."""
        return cast(Money, self.line.variant.price * self.line.quantity)


@dataclass(frozen=True)
class Review:
    """A cart with today's prices and stock. `changes` describes what differs from what the shopper last saw."""

    lines: list[ReviewedLine] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    @property
    def cart(self) -> Cart:
        """The reviewed cart. Only for a review with lines."""
        return self.lines[0].line.cart

    @property
    def blocked(self) -> bool:
        """Whether a line cannot be bought."""
        return any(reviewed.problem for reviewed in self.lines)

    @property
    def total(self) -> Any:
        """Sum of the lines at today's prices."""
        return sum((reviewed.total for reviewed in self.lines), Money(0, settings.DEFAULT_CURRENCY))

    @property
    def count(self) -> int:
        """The number of things."""
        return sum(reviewed.line.quantity for reviewed in self.lines)


def review_of(request: HttpRequest) -> Review:
    """The review of this shopper's cart; an empty review if there is none."""
    if request.user.is_authenticated:
        return _review(_lines_of_member(request.user.pk))
    if key := request.session.get(SESSION_KEY):
        return _review(_lines_of_guest(key))
    return Review()


def review(cart: Cart) -> Review:
    """Compare the cart with today's prices and stock. One query, no writes."""
    return _review(_lines(cart.pk))


def _complete(lines: QuerySet[CartLine]) -> QuerySet[CartLine]:
    return lines.select_related("cart", "variant__product", "variant__stock").order_by("pk")


@prepared
def _lines(cart: int) -> QuerySet[CartLine]:
    return _complete(QuerySet(CartLine).filter(cart=cart))


@prepared
def _lines_of_guest(cart: int) -> QuerySet[CartLine]:
    return _complete(QuerySet(CartLine).filter(cart=cart, cart__user=None))


@prepared
def _lines_of_member(user: int) -> QuerySet[CartLine]:
    return _complete(QuerySet(CartLine).filter(cart__user=user))


def _review(lines: list[CartLine]) -> Review:
    result = Review()
    for line in lines:
        problem = _problem(line)
        result.lines.append(ReviewedLine(line, problem))
        if problem:
            result.changes.append(problem)
        if line.price_seen != line.variant.price:
            result.changes.append(
                _("The price of %(title)s has changed from %(old)s to %(new)s.")
                % {"title": line.variant, "old": line.price_seen, "new": line.variant.price}
            )
    return result


def _problem(line: CartLine) -> str:
    available = line.variant.available
    names = {"title": line.variant, "n": available}
    if not line.variant.product.active:
        return _("%(title)s is no longer for sale. Please take it out.") % names
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
        if line.price_seen != line.variant.price:
            line.price_seen = line.variant.price
            line.save(update_fields=["price_seen", "price_seen_currency"])
