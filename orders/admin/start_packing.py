"""**To pack**: one press starts the packing of many orders, and offers their papers to print."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from orders.admin.acting import tell_refused
from orders.bulk import undo
from orders.documents import slips
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order
from orders.transitions import transition
from shop.lib.typed_text import whole_number

PAPERS = {"pick-list": slips.pick_list, "packing-slips": slips.packing_slip}


class StartPacking:
    """The part of `OrderAdmin` that begins a round of packing."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        """The address that starts the packing, and those of the papers, before those of Django."""
        start, papers = map(self.admin_site.admin_view, (self.start_packing, self.papers))
        return [
            path("start-packing/", start, name="orders_order_start_packing"),
            path("papers/<slug:kind>/", papers, name="orders_order_papers"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def start_packing(self, request: HttpRequest) -> HttpResponse:
        """Move the orders of the form, in the order in which they stood there. Who was faster keeps what is theirs."""
        if not request.user.has_perm("orders.change_order"):  # type: ignore[union-attr]
            raise PermissionDenied
        listed = reverse("admin:orders_order_changelist")
        if request.method != "POST":
            return HttpResponseRedirect(f"{listed}?queue=to_pack")
        started, refused = [], []
        for order in _orders(request.POST.getlist("order")):
            try:
                started.append(
                    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor=f"staff:{request.user.pk}")
                )
            except IllegalTransition as refusal:
                refused.append(f"{order.ref}: {refusal}")
        if started:
            messages.success(request, _started(started) + undo.button(request, started, "queue=to_pack"))
        tell_refused(request, refused)
        if not started and not refused:
            messages.warning(request, _("No order was chosen, so nothing was begun."))
        return HttpResponseRedirect(f"{listed}?queue={'to_ship' if started else 'to_pack'}")

    def papers(self, request: HttpRequest, kind: str) -> HttpResponse:
        """A paper for the orders of the address, as a PDF in the browser."""
        if not request.user.has_perm("orders.view_order"):  # type: ignore[union-attr]
            raise PermissionDenied
        orders = _orders(request.GET.getlist("order"))
        if kind not in PAPERS or not orders:
            raise Http404
        return slips.response(PAPERS[kind](orders), f"{kind}.pdf")


def _orders(typed: list[str]) -> list[Order]:
    """The orders with these primary keys, each once, as many as fit on a pick list."""
    keys = dict.fromkeys(key for text in typed if (key := whole_number(text, 15)) is not None)
    found = Order.objects.in_bulk(list(keys)[: slips.MOST])
    return [found[key] for key in keys if key in found]


def _started(orders: list[Order]) -> Any:
    said = ngettext("%(n)s order is being packed.", "%(n)s orders are being packed.", len(orders)) % {"n": len(orders)}
    query = urlencode([("order", order.pk) for order in orders])
    return format_html(
        '{} <a class="underline" href="{}?{}">{}</a> · <a class="underline" href="{}?{}">{}</a>',
        said,
        reverse("admin:orders_order_papers", args=["pick-list"]),
        query,
        _("Pick list (PDF)"),
        reverse("admin:orders_order_papers", args=["packing-slips"]),
        query,
        _("Packing slips (PDF)"),
    )
