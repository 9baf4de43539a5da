"""How much money somebody of the staff may refund, or say that it came: the limits of their roles.

A refund has two limits. `at_once` is for one act: one refund, one cancellation, one return. `in_all` is for the order:
what has been asked back of it, by whoever, together with this act. So two people with the same limit cannot refund
more of an order together than one of them alone; the lock of the order makes them wait for each other.

A limit counts for the right of the act: a role that may cancel has its limit when it cancels. Of several roles with
that right the highest limit counts. Nobody limits a superuser, or a right that a person has without a role. Whether
somebody has the right at all is asked where the act begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext as _
from djmoney.money import Money

from orders.lifecycle import ENDED, PERMISSIONS, Edge, IllegalTransition, Status
from orders.models import Order, RoleLimit
from orders.money import at_stake
from shop.accounts.actors import staff_key

REFUND = PERMISSIONS[Status.REFUNDED]
MOVES_MONEY = frozenset({*ENDED, Status.PAID})
"""Staff who move an order to one of these statuses move its money."""


class OverLimit(IllegalTransition):
    """The person's roles do not go that far. The message says how far they go, and whom to ask."""


@dataclass(frozen=True)
class Limits:
    """What somebody may move in one currency. None: as much as there is."""

    at_once: Decimal | None = None
    in_all: Decimal | None = None
    mark_paid: Decimal | None = None


NONE = Limits()
NOTHING = Limits(Decimal(0), Decimal(0), Decimal(0))


def of(person: Any, permission: str, currency: str) -> Limits:
    """The limits of this person for acts that need `permission`. At most three queries."""
    if person.is_superuser or _by_themselves(person, permission):
        return NONE
    roles = _with(permission).filter(user=person)
    return _together([_of_role(list(role.limits.all()), currency) for role in roles.prefetch_related("limits")])


def hold_refund(order: Order, actor: str, money: Any, permission: str = REFUND) -> None:
    """Raise `OverLimit` if `actor` may not refund `money` of the order. The caller holds the order's lock."""
    person = _person(actor)
    if person is None or not money:
        return
    if refusal := refused(of(person, permission, order.currency), order, money, permission):
        raise OverLimit(refusal)


def hold_move(order: Order, actor: str, taken: Edge) -> None:
    """Raise `OverLimit` if `actor` may not take this edge with this order. The caller holds the order's lock."""
    if taken.target not in MOVES_MONEY or (person := _person(actor)) is None:
        return
    if refusal := move_refused(of(person, taken.permission, order.currency), order, taken):
        raise OverLimit(refusal)


def move_refused(limits: Limits, order: Order, taken: Edge) -> str:
    """Why the order cannot take the edge under these limits; "" if it can."""
    if not move_exceeds(limits, order, taken.target):
        return ""
    if taken.target in ENDED:
        return refused(limits, order, at_stake(order), taken.permission)
    said = _("Your role may mark orders as paid up to %(limit)s.") % {"limit": _money(limits.mark_paid, order)}
    return f"{said} {_whom(taken.permission, order, mark_paid=order.total.amount)}"


def move_exceeds(limits: Limits, order: Order, target: str) -> bool:
    """Whether the order holds more money than may be moved to that status."""
    if target in ENDED:
        return bool(_exceeded(limits, given_back(order), at_stake(order)))
    return target == Status.PAID and limits.mark_paid is not None and bool(order.total.amount > limits.mark_paid)


def refused(limits: Limits, order: Order, money: Any, permission: str = REFUND) -> str:
    """Why that much of the order cannot be refunded under these limits; "" if it can. Reads the order's refunds."""
    given = given_back(order)
    exceeded = _exceeded(limits, given, money)
    if not exceeded:
        return ""
    said = _at_once(limits, order) if exceeded == "at_once" else _in_all(limits, order, given)
    return f"{said} {_whom(permission, order, money.amount, given.amount + money.amount)}"


def _exceeded(limits: Limits, given: Any, money: Any) -> str:
    """Which of the two limits of a refund is exceeded; "" for none."""
    if not money:
        return ""
    if limits.at_once is not None and money.amount > limits.at_once:
        return "at_once"
    return "in_all" if limits.in_all is not None and given.amount + money.amount > limits.in_all else ""


def _at_once(limits: Limits, order: Order) -> str:
    return _("Your role may refund up to %(limit)s for an order at once.") % {"limit": _money(limits.at_once, order)}


def _in_all(limits: Limits, order: Order, given: Any) -> str:
    said = _("Your role may refund up to %(limit)s for an order in all; %(given)s have gone back already.")
    return said % {"limit": _money(limits.in_all, order), "given": given}


def in_words(limits: Limits, order: Order) -> str:
    """What a form says before somebody asks for a refund; "" without a limit. Reads the order's refunds."""
    once = "" if limits.at_once is None else _at_once(limits, order)
    in_all = "" if limits.in_all is None else _in_all(limits, order, given_back(order))
    return " ".join(filter(None, (once, in_all)))


def given_back(order: Order) -> Any:
    """What has been asked back of the order, by whoever, and did not fail."""
    return sum((payment.refunded for payment in order.payments.all()), order.total * 0)


def _person(actor: str) -> Any:
    """Whose act it is. None: not a person of the staff."""
    key = staff_key(actor)
    return None if key is None else get_user_model().objects.filter(pk=key).first()


def _by_themselves(person: Any, permission: str) -> bool:
    return bool(_permission(permission).filter(user=person).exists())


def _permission(permission: str) -> Any:
    app, _dot, codename = permission.partition(".")
    return Permission.objects.filter(content_type__app_label=app, codename=codename)


def _with(permission: str) -> Any:
    return Group.objects.filter(permissions__in=_permission(permission)).order_by("name")


def _of_role(rows: list[RoleLimit], currency: str) -> Limits:
    row = next((row for row in rows if row.currency == currency), None)
    if row is None:
        return NOTHING if rows else NONE
    return Limits(row.at_once, row.in_all, row.mark_paid)


def _together(each: list[Limits]) -> Limits:
    return Limits(
        _highest(one.at_once for one in each),
        _highest(one.in_all for one in each),
        _highest(one.mark_paid for one in each),
    )


def _highest(values: Iterable[Decimal | None]) -> Decimal | None:
    found = list(values)
    return None if None in found else max((value for value in found if value is not None), default=None)


def _whom(
    permission: str, order: Order, at_once: Any = Decimal(0), in_all: Any = Decimal(0), mark_paid: Any = Decimal(0)
) -> str:
    """Who may do what was refused."""
    names = []
    for role in _with(permission).prefetch_related("limits"):
        limits = _of_role(list(role.limits.all()), order.currency)
        wanted = ((limits.at_once, at_once), (limits.in_all, in_all), (limits.mark_paid, mark_paid))
        if all(most is None or amount <= most for most, amount in wanted):
            names.append(role.name)
    if not names:
        return _("Ask the owner of the shop.")
    return _("Ask somebody with the role %(roles)s.") % {"roles": ", ".join(names)}


def _money(amount: Decimal | None, order: Order) -> Money:
    return Money(amount, order.currency)
