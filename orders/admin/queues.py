"""The list of orders as staff work on it: a queue at a time, with the columns that its work needs."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from events.live import tickets
from orders.admin.acting import filters, page_of, tell_refused
from orders.lifecycle import IllegalTransition
from orders.models import Order, OrderLine
from orders.queues import problems
from orders.queues.read import Figure, count
from orders.queues.table import BY_KEY, QUEUES, Queue, is_late
from orders.shipping import parcels
from orders.staff_input import typed as typed_text

PARAMETER = "queue"
TO_SEND = ("to_pack", "to_ship")
TRACKING = "tracking-"
"""The name of a field for a tracking number begins with this; the order's primary key follows."""


def chosen(request: HttpRequest) -> Queue | None:
    """The queue that the list shows; None for all orders."""
    return BY_KEY.get(request.GET.get(PARAMETER, ""))


def chips(figures: dict[str, Figure], chosen: Queue | None = None) -> list[dict[str, Any]]:
    """The queues as links with their sizes, for templates."""
    page = reverse("admin:orders_order_changelist")
    return [
        {
            "queue": queue,
            "size": figures[queue.key].size,
            "chosen": queue is chosen,
            "url": f"{page}?{PARAMETER}={queue.key}",
        }
        for queue in QUEUES
    ]


class QueueFilter(SimpleListFilter):
    """Orders that wait for the same work."""

    title = _("queue")
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The queues, in the order of the day's work."""
        return [(queue.key, queue.title) for queue in QUEUES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Those of the list that are in the queue."""
        queue = BY_KEY.get(self.value() or "")
        return queryset.filter(queue.condition()) if queue else queryset


class QueueList:
    """The part of `OrderAdmin` that shows the list."""

    admin_site: Any
    list_before_template = "admin/orders/order/queues.html"
    list_display: Any

    def get_urls(self) -> list[URLPattern]:
        """The address to which the typed tracking numbers go, before those of Django."""
        view = self.admin_site.admin_view(self.ship_numbered)
        return [
            path("ship-numbered/", view, name="orders_order_ship_numbered"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def get_ordering(self, request: HttpRequest) -> Any:
        """In a queue: who comes first."""
        queue = chosen(request)
        return queue.order if queue else super().get_ordering(request)  # type: ignore[misc]

    def get_list_display(self, request: HttpRequest) -> Any:
        """In a queue: the columns that its work needs."""
        queue = chosen(request)
        if queue is None:
            return self.list_display
        may_ship = queue.key == "to_ship" and request.user.has_perm("orders.change_order")  # type: ignore[union-attr]
        return (*queue.columns, "number") if may_ship else queue.columns

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """With what the columns of a queue show."""
        found: QuerySet[Order] = super().get_queryset(request)  # type: ignore[misc]
        columns = queue.columns if (queue := chosen(request)) else ()
        if "items" in columns:
            found = found.prefetch_related(Prefetch("lines", OrderLine.objects.order_by("pk")))
        return found.prefetch_related("parcels") if "numbers" in columns else found

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the problems of the orders on the page, read together."""
        found = super().get_changelist_instance(request)  # type: ignore[misc]
        queue = chosen(request)
        if queue and "problem" in queue.columns:
            found.result_list = list(found.result_list)
            words = problems.of(found.result_list)
            for order in found.result_list:
                order.problems_here = words[order.pk]
        if queue and queue.key in TO_SEND and "items" in queue.columns:
            found.result_list = list(found.result_list)
            left = parcels.left_of([line for order in found.result_list for line in order.lines.all()])
            for order in found.result_list:
                order.left_here = left
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the chips over the list, which move by themselves."""
        figures = count()
        queue = chosen(request)
        extra = {
            "queues": chips(figures, queue),
            "queue": queue,
            "mark": figures[queue.key].mark if queue else "",
            "all_orders": queue is None and not request.GET,
            "ships": queue is not None and "number" in self.get_list_display(request),
            "packs": queue is not None and queue.key == "to_pack" and request.user.has_perm("orders.change_order"),  # type: ignore[union-attr]
            "ticket": tickets.issue(request),
        }
        answer: HttpResponse = super().changelist_view(request, extra | (extra_context or {}))  # type: ignore[misc]
        return answer

    def way(self, request: HttpRequest, order: Order) -> dict[str, Any]:
        """For the page of an order that was opened from a queue: the way back, and to the next one in it."""
        kept = filters(request)
        queue = BY_KEY.get(QueryDict(kept).get(PARAMETER, ""))
        if queue is None:
            return {}
        others = Order.objects.filter(queue.condition()).exclude(pk=order.pk).order_by(*queue.order)
        return {
            "queue": queue,
            "back": f"{reverse('admin:orders_order_changelist')}?{kept}",
            "next_order": (following := others.first()),
            "next_page": page_of(following, request) if following else "",
        }

    def ship_numbered(self, request: HttpRequest) -> HttpResponse:
        """Send all that is left of each order for which a tracking number was typed."""
        if not request.user.has_perm("orders.change_order"):  # type: ignore[union-attr]
            raise PermissionDenied
        back = f"{reverse('admin:orders_order_changelist')}?{PARAMETER}=to_ship"
        if request.method == "POST":
            typed = {
                int(name.removeprefix(TRACKING)): number
                for name in request.POST
                if re.fullmatch(rf"{TRACKING}\d{{1,15}}", name)
                if (number := typed_text(request, name, parcels.LONGEST * 2))
            }
            self._ship(request, typed)
        return HttpResponseRedirect(back)

    def _ship(self, request: HttpRequest, typed: dict[int, str]) -> None:
        shipped, refused = [], []
        orders = Order.objects.in_bulk(list(typed))
        for pk, number in typed.items():
            if pk not in orders:
                continue
            ref = orders[pk].ref
            try:
                parcels.send(ref, None, actor=f"staff:{request.user.pk}", tracking=number)
                shipped.append(ref)
            except IllegalTransition as refusal:
                refused.append(f"{ref} ({number}): {refusal}")
        if shipped:
            done = ngettext("%(n)s order is shipped.", "%(n)s orders are shipped.", len(shipped))
            messages.success(request, done % {"n": len(shipped)})
        tell_refused(request, refused)
        if not typed:
            messages.warning(request, _("No tracking number was typed, so nothing was shipped."))

    @display(description=_("promised"), ordering="promised_by")
    def promised(self, order: Order) -> SafeString:
        """The promised day; marked when it has passed."""
        day = formats.date_format(order.promised_by, "DATE_FORMAT")
        late = is_late(order, timezone.localdate())
        return format_html('<span class="db-late">{} · {}</span>', day, _("late")) if late else format_html("{}", day)

    @display(description=_("items"))
    def items(self, order: Order) -> str:
        """What was bought, less what was cancelled; in a queue of those to be sent, less what is sent already."""
        left = getattr(order, "left_here", {})
        wanted = [(left.get(line.pk, line.wanted), line.title) for line in order.lines.all()]
        return ", ".join(f"{quantity} × {title}" for quantity, title in wanted if quantity > 0)

    @display(description=_("tracking"))
    def numbers(self, order: Order) -> str:
        """The tracking numbers of its parcels."""
        return ", ".join(parcel.tracking for parcel in order.parcels.all() if parcel.tracking)

    @display(description=_("problem"))
    def problem(self, order: Order) -> str:
        """What is wrong, in sentences."""
        return " ".join(each.sentence for each in getattr(order, "problems_here", ()))

    @display(description=_("tracking number"))
    def number(self, order: Order) -> SafeString:
        """A field for the parcel's number: a scanner types it, and its Enter goes on to the next row."""
        return format_html(
            '<input class="db-number" name="{}{}" form="ship-numbered" maxlength="60" autocomplete="off" '
            'spellcheck="false" data-ref="{}" aria-label="{}">',
            TRACKING,
            order.pk,
            order.ref,
            _("Tracking number of %(ref)s") % {"ref": order.ref},
        )
