"""Actions of the order list: many orders take the same edge, after a page that says what will happen.

That page carries the choice in one signed field. A few orders are moved by the request that says yes. More of them are
a job of the workers (`orders.bulk.work`), whose page shows how far it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from orders import limits
from orders.bulk import selection, undo, work
from orders.bulk.selection import Selection
from orders.lifecycle import EDGES, ENDED, Actor, Edge, IllegalTransition, Status, edge
from orders.models import Order
from orders.notifications import mail
from orders.staff_input import written
from orders.too_long import kept_if_too_long
from orders.transitions import transition

AT_ONCE = 50
"""Orders that are moved by the request itself. They are what one page of the list shows."""
NAMED = 10
"""Orders that a page or message names one by one; of more it gives the number."""


@dataclass
class Report:
    """What one request did."""

    moved: list[Order] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """The refusals, each a sentence."""
    left_the_filter: list[str] = field(default_factory=list)
    """References of orders."""


def _action(target: Status, verb: Any, permission: str) -> Callable[..., HttpResponse | None]:
    @kept_if_too_long
    def action(model_admin: Any, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            return _ask(model_admin, request, target, verb, selection.choose(request, queryset, AT_ONCE))
        try:
            sealed = request.POST.get("orders")
            chosen = (
                selection.choose(request, queryset, AT_ONCE) if sealed is None else selection.opened(sealed, target)
            )
        except signing.BadSignature:
            messages.error(request, _("This page is too old, or was changed. Please choose the orders again."))
            return None
        note, message = written(request, "note"), written(request, "message")
        if chosen.chosen is not None and len(chosen.chosen) <= AT_ONCE:
            _tell(request, _move(request, target, chosen, chosen.chosen, note, message), chosen.query)
            return None
        move = work.start(chosen, target, permission=permission, person=request.user, note=note, message=message)
        return HttpResponseRedirect(move.staff_page)

    action.__name__ = f"bulk_{target.value}"
    # Django looks for `has_..._permission` of the model admin.
    return admin.action(description=verb, permissions=[permission.partition(".")[2]])(action)


ACTIONS = [
    _action(*each)
    for each in dict.fromkeys((e.target, e.verb, e.permission) for e in EDGES if Actor.STAFF in e.by and e.verb)
]


def _ask(model_admin: Any, request: HttpRequest, target: Status, verb: Any, chosen: Selection) -> HttpResponse:
    example = next(e for e in EDGES if e.target == target and Actor.STAFF in e.by)
    as_a_job = chosen.chosen is None or len(chosen.chosen) > AT_ONCE
    wanted = chosen.orders(request.user)
    # Of a job, its result names them.
    over = [] if as_a_job else _over_limit(request, example, wanted)
    figures = selection.figures(wanted.exclude(pk__in=[order.pk for order in over]), target)
    mailed = example.event.type in mail.SUBJECTS
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("%(verb)s: %(n)s orders?") % {"verb": verb, "n": figures.moving},
        "verb": verb,
        "final": example.final,
        "can": figures.moving,
        "cannot": figures.staying,
        "some_that_can": figures.can[:NAMED],
        "some_that_cannot": figures.cannot[:NAMED],
        "total": "" if target in ENDED else " + ".join(map(str, figures.totals)),
        "back": " + ".join(map(str, figures.back)) if target in ENDED else "",
        "mails": figures.moving if mailed else 0,
        "mailed": mailed,
        "by_hand": figures.by_hand if example.final else 0,
        "over": len(over),
        "some_over": over[:NAMED],
        "as_a_job": as_a_job,
        "first": chosen.newest or "",
        "orders": chosen.sealed(target),
        "action": f"bulk_{target.value}",
        "opts": model_admin.model._meta,
    }
    return TemplateResponse(request, "admin/orders/order/bulk.html", context)


def _over_limit(request: HttpRequest, taken: Edge, orders: QuerySet[Order]) -> list[Order]:
    """Those that hold more money than this person may move."""
    if taken.target not in limits.MOVES_MONEY:
        return []
    found = list(orders.order_by("pk").prefetch_related("payments__refunds"))
    most = {code: limits.of(request.user, taken.permission, code) for code in {order.currency for order in found}}
    return [
        order
        for order in found
        if (move := edge(order.status, taken.target))
        and Actor.STAFF in move.by
        and limits.move_exceeds(most[order.currency], order, taken.target)
    ]


def _move(
    request: HttpRequest, target: Status, chosen: Selection, keys: Sequence[int], note: str, message: str
) -> Report:
    report = Report()
    still = set(chosen.orders(request.user).values_list("pk", flat=True))
    for pk, ref in Order.objects.filter(pk__in=keys).order_by("pk").values_list("pk", "ref"):
        if pk not in still:
            report.left_the_filter.append(ref)
            continue
        try:
            report.moved.append(
                transition(ref, target, by=Actor.STAFF, actor=f"staff:{request.user.pk}", note=note, message=message)
            )
        except IllegalTransition as refusal:
            report.refused.append(str(refusal))
    return report


def _tell(request: HttpRequest, report: Report, query: str) -> None:
    if report.moved:
        said = _("%(n)s moved: %(refs)s") % _named([order.ref for order in report.moved])
        messages.success(request, escape(said) + undo.button(request, report.moved, query))
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


def _named(refs: list[str]) -> dict[str, Any]:
    return {"n": len(refs), "refs": ", ".join(refs[:NAMED]) + (" …" if len(refs) > NAMED else "")}
