"""What is wrong with an order. The buttons that mend it stand on the order's page."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from events.models import Delivery
from orders import money
from orders.models import Order, Parcel

NO_PART = frozenset({"exception", "returned_to_sender", "missing", "stopped"})
"""The kinds that no part of an order's page tells by itself."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: `kind` is the reason, `detail` what it is about (an amount, a carrier, a handler)."""

    kind: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """In words for staff, in the active language."""
        sentences = {
            "refund_failed": _("A refund failed."),
            "disputed": _("The payment is disputed."),
            "amount": _("The gateway tells of another amount than we know."),
            "by_hand": _("We have to return %(detail)s ourselves."),
            "exception": _("The parcel of %(detail)s is held up."),
            "returned_to_sender": _("The parcel of %(detail)s comes back to us."),
            "missing": _("The shopper says that it has not come."),
            "stopped": _("This did not follow: %(detail)s."),
        }
        return sentences[self.kind] % {"detail": self.detail}


def of(orders: Sequence[Order]) -> dict[int, list[Problem]]:
    """The problems of each order, by its primary key. As many queries for a hundred orders as for one."""
    if not orders:
        return {}
    prefetch_related_objects(list(orders), "parcels", "payments__refunds")
    stopped: defaultdict[str, set[str]] = defaultdict(set)
    waiting = Delivery.objects.dead_letters().filter(stream__in=[order.stream for order in orders])
    for stream, handler in waiting.values_list("stream", "handler"):
        stopped[stream].add(handler)
    return {order.pk: list(_problems(order, sorted(stopped[order.stream]))) for order in orders}


def _problems(order: Order, stopped: Sequence[str]) -> Iterator[Problem]:
    if order.money_problem:
        yield Problem(order.money_problem)
    if order.missing_at:
        yield Problem("missing")
    due = money.due(order) if money.ended(order) else money.asked_by_hand(order)
    if due.by_hand:
        yield Problem("by_hand", str(due.by_hand))
    for parcel in order.parcels.all():
        if parcel.state in Parcel.TROUBLED:
            yield Problem(parcel.state, parcel.carrier)
    for handler in stopped:
        yield Problem("stopped", handler)
