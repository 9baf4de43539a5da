"""The staff's queue in the list of orders: what a person has to look at, by why."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.lifecycle import ENDED, EXPECTED
from orders.models import Order, Parcel, Payment, Refund, Return
from orders.returns.lifecycle import State


def late() -> Q:
    """Expected, and past the day that was promised – or promised anew already."""
    return Q(status__in=EXPECTED) & (Q(promised_by__lt=timezone.localdate()) | Q(delays__gt=0))


def parcel() -> Q:
    """A parcel is held up, or on its way back."""
    return Q(Exists(Parcel.objects.filter(order=OuterRef("pk"), state__in=Parcel.TROUBLED)))


def money() -> Q:
    """A refund failed, a payment is disputed, or staff have to return something themselves."""
    by_hand = Payment.objects.filter(order=OuterRef("pk"), session=None)
    asked = Exists(by_hand.filter(refunds__state=Refund.State.REQUESTED))
    held = Exists(by_hand.filter(state=Payment.State.CAPTURED))
    return ~Q(money_problem="") | Q(asked) | Q(held, status__in=ENDED)


def returned() -> Q:
    """A return waits for an answer, or for its end."""
    waiting = Return.objects.filter(order=OuterRef("pk"), state__in=[State.REQUESTED, State.RECEIVED])
    return Q(Exists(waiting))


WHY = {"late": late, "parcel": parcel, "money": money, "return": returned}


class Attention(SimpleListFilter):
    """Orders that wait for a person."""

    title = _("waits for us")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Why it waits."""
        return [
            ("any", _("for any reason")),
            ("late", _("later than promised")),
            ("parcel", _("a parcel is in trouble")),
            ("money", _("money has to be looked at")),
            ("return", _("a return waits")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Those of the list that wait for that reason."""
        chosen = self.value()
        if chosen == "any":
            return queryset.filter(late() | parcel() | money() | returned())
        return queryset.filter(WHY[chosen]()) if chosen in WHY else queryset
