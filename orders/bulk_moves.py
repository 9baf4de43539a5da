"""Actions of the order list: many orders take the same edge, after a page that says what will happen.

That page carries the chosen orders in one signed field, however many they are. The request that moves them is bounded
in time: when its time is over, the page asks again for the rest.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from orders import limits, money
from orders.lifecycle import EDGES, Actor, Edge, IllegalTransition, Refund, Status, edge
from orders.models import Order
from orders.notifications import mail
from orders.staff_input import typed
from orders.transitions import transition

MOST = 20_000
"""Orders in one bulk move: their signed list must fit into one form."""
SECONDS = 20.0
"""The time that one request moves orders for."""
NAMED = 10
"""Orders that a page or message names one by one; of more it gives the number."""
CHUNK = 1000
DAY = 86_400


@dataclass
class Report:
    """What one request did, as references of orders."""

    moved: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """The refusals, each a sentence."""
    left_the_filter: list[str] = field(default_factory=list)
    not_reached: list[int] = field(default_factory=list)
    """Primary keys: the time was over before."""


def _action(target: Status, verb: Any, permission: str) -> Callable[..., HttpResponse | None]:
    def action(model_admin: Any, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
            if len(chosen) > MOST:
                messages.error(request, _("Choose at most %(n)s orders at once.") % {"n": MOST})
                return None
            return _ask(model_admin, request, target, verb, chosen)
        try:
            chosen = _read(request, target) if "orders" in request.POST else [order.pk for order in queryset]
        except signing.BadSignature:
            messages.error(request, _("This page is too old, or was changed. Please choose the orders again."))
            return None
        report = _move(model_admin, request, target, chosen)
        _tell(request, report)
        return _ask(model_admin, request, target, verb, report.not_reached) if report.not_reached else None

    action.__name__ = f"bulk_{target.value}"
    # Django looks for `has_..._permission` of the model admin.
    return admin.action(description=verb, permissions=[permission.partition(".")[2]])(action)


ACTIONS = [
    _action(*each)
    for each in dict.fromkeys((e.target, e.verb, e.permission) for e in EDGES if Actor.STAFF in e.by and e.verb)
]


def _salt(target: Status) -> str:
    return f"orders.bulk.{target.value}"


def _read(request: HttpRequest, target: Status) -> list[int]:
    chosen: list[int] = signing.loads(request.POST["orders"], salt=_salt(target), max_age=DAY)
    return chosen


def _ask(model_admin: Any, request: HttpRequest, target: Status, verb: Any, chosen: list[int]) -> HttpResponse:
    orders = [order for part in _parts(chosen) for order in Order.objects.filter(pk__in=part).order_by("pk")]
    prefetch_related_objects(orders, "payments__refunds")
    taken = {status: edge(status, target) for status in Status}
    can = [order for order in orders if taken[Status(order.status)]]
    cannot = [order for order in orders if not taken[Status(order.status)]]
    example = next(e for e in EDGES if e.target == target and Actor.STAFF in e.by)
    over = _over_limit(request, example, can)
    too_much = {order.pk for order in over}
    can = [order for order in can if order.pk not in too_much]
    totals = [order.total for order in can]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("%(verb)s: %(n)s orders?") % {"verb": verb, "n": len(can)},
        "verb": verb,
        "final": example.final,
        "can": len(can),
        "cannot": len(cannot),
        "over": len(over),
        "some_over": over[:NAMED],
        "some_that_can": can[:NAMED],
        "some_that_cannot": cannot[:NAMED],
        "total": sum(totals[1:], totals[0]) if totals else None,
        "mails": len(can) if example.event.type in mail.SUBJECTS else 0,
        "mailed": example.event.type in mail.SUBJECTS,
        "by_hand": sum(money.refund_of(order) == Refund.BY_HAND for order in can) if example.final else 0,
        "first": chosen[0] if chosen else "",
        "orders": signing.dumps(chosen, salt=_salt(target), compress=True),
        "action": f"bulk_{target.value}",
        "note": typed(request, "note"),
        "message": typed(request, "message"),
        "opts": model_admin.model._meta,
    }
    return TemplateResponse(request, "admin/orders/order/bulk.html", context)


def _over_limit(request: HttpRequest, taken: Edge, orders: list[Order]) -> list[Order]:
    """Those that hold more money than this person may move."""
    if taken.target not in limits.MOVES_MONEY:
        return []
    most = {code: limits.of(request.user, taken.permission, code) for code in {order.currency for order in orders}}
    return [order for order in orders if limits.move_exceeds(most[order.currency], order, taken.target)]


def _move(model_admin: Any, request: HttpRequest, target: Status, chosen: list[int]) -> Report:
    report = Report()
    end = time.monotonic() + SECONDS
    note, message = typed(request, "note"), typed(request, "message")
    listed = model_admin.get_changelist_instance(request).get_queryset(request).order_by("pk")
    for part in _parts(chosen):
        still = set(listed.filter(pk__in=part).values_list("pk", flat=True))
        for pk, ref in Order.objects.filter(pk__in=part).order_by("pk").values_list("pk", "ref"):
            if time.monotonic() > end and report.moved:
                report.not_reached.append(pk)
            elif pk not in still:
                report.left_the_filter.append(ref)
            else:
                try:
                    transition(
                        ref, target, by=Actor.STAFF, actor=f"staff:{request.user.pk}", note=note, message=message
                    )
                    report.moved.append(ref)
                except IllegalTransition as refusal:
                    report.refused.append(str(refusal))
    return report


def _tell(request: HttpRequest, report: Report) -> None:
    if report.moved:
        messages.success(request, _("%(n)s moved: %(refs)s") % _named(report.moved))
    for refusal in report.refused[:NAMED]:
        messages.warning(request, refusal)
    if (more := len(report.refused) - NAMED) > 0:
        messages.warning(request, _("%(n)s more could not be moved.") % {"n": more})
    if report.left_the_filter:
        messages.warning(
            request,
            _("%(n)s left the list's filter meanwhile, and stay as they are: %(refs)s")
            % _named(report.left_the_filter),
        )
    if report.not_reached:
        messages.info(request, _("%(n)s are still to be moved. Go on?") % {"n": len(report.not_reached)})


def _named(refs: list[str]) -> dict[str, Any]:
    return {"n": len(refs), "refs": ", ".join(refs[:NAMED]) + (" …" if len(refs) > NAMED else "")}


def _parts(chosen: list[int]) -> Iterator[Iterable[int]]:
    return (chosen[n : n + CHUNK] for n in range(0, len(chosen), CHUNK))
