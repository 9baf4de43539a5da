"""What the shop knows of a customer: a member, or whoever ordered under a mail address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Lower
from django.urls import reverse
from djmoney.money import Money

from orders.models import CustomerNote, Order, Refund, Return

SHOWN = 50
"""Orders, returns, refunds and notes that the page of a customer shows, the newest."""


@dataclass(frozen=True)
class Spent:
    """All orders of one currency: how many, what they cost, what was paid for them and what went back."""

    orders: int
    total: Money
    paid: Money
    returned: Money

    @property
    def kept(self) -> Money:
        """What the shop has of it."""
        return self.paid - self.returned


@dataclass(frozen=True)
class Customer:
    """Somebody with a mail address. The address is in lower case; `member` is the account, if there is one."""

    email: str
    member: Any = None

    @property
    def orders(self) -> QuerySet[Order]:
        """The orders of the account, and all that were placed under the address; the newest first."""
        whose = Q(lower=self.email)
        if self.member:
            whose |= Q(user_id=self.member.pk)
        orders: QuerySet[Order] = QuerySet(Order).alias(lower=Lower("email")).filter(whose)
        return orders.order_by("-placed_at", "-pk")


@dataclass(frozen=True)
class Known:
    """What is known of a customer, as their page shows it."""

    customer: Customer
    orders: Sequence[Order]
    spent: Sequence[Spent]
    returns: Sequence[Return]
    refunds: Sequence[Refund]
    notes: Sequence[CustomerNote]
    names: Sequence[str] = field(default_factory=list)
    languages: Sequence[str] = field(default_factory=list)
    addresses: Sequence[tuple[str, ...]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many orders there are, shown or not."""
        return sum(each.orders for each in self.spent)


def of_member(user: int) -> Customer | None:
    """The customer with this account."""
    member: Any = get_user_model().objects.filter(pk=user).first()
    return Customer(member.email.lower(), member) if member else None


def of_order(order: Order) -> Customer:
    """Who ordered it: a guest is known by the mail address, which may be that of an account."""
    email = order.email.lower()
    if order.user_id and (found := of_member(order.user_id)):
        return found
    return Customer(email)


def page_of(order: Order) -> str:
    """The address of the page of who ordered it. It has no mail address in it: addresses of pages are logged."""
    if order.user_id:
        return reverse("desk:customer", args=[order.user_id])
    return reverse("desk:guest", args=[order.pk])


def by_email(email: str) -> Order | None:
    """The newest order under this mail address."""
    return Customer(email.strip().lower()).orders.first()


def known(customer: Customer) -> Known:
    """Six queries, however many orders there are."""
    orders = list(customer.orders[:SHOWN])
    keys = customer.orders.order_by().values("pk")
    return Known(
        customer,
        orders,
        _spent(customer),
        list(Return.objects.filter(order__in=keys).select_related("order").order_by("-pk")[:SHOWN]),
        list(Refund.objects.filter(payment__order__in=keys).select_related("payment__order").order_by("-pk")[:SHOWN]),
        list(CustomerNote.objects.filter(email=customer.email).select_related("author")[:SHOWN]),
        _different(order.name for order in orders),
        _different(order.language for order in orders),
        _different(tuple(order.address_lines) for order in orders),
    )


def _spent(customer: Customer) -> list[Spent]:
    sums = (
        customer.orders.order_by()
        .values("total_currency")
        .annotate(orders=Count("pk"), all=Sum("total"), paid=Sum("captured"), back=Sum("refunded"))
        .order_by("total_currency")
    )

    def money(row: dict[str, Any], name: str) -> Money:
        return Money(row[name] or Decimal(0), row["total_currency"])

    return [Spent(row["orders"], money(row, "all"), money(row, "paid"), money(row, "back")) for row in sums]


def _different(values: Any) -> list[Any]:
    return list(dict.fromkeys(filter(None, values)))
