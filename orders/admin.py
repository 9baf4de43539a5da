"""The shop's counter: staff move orders along the lifecycle here, one by one or many at once."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from events.admin import ReadOnly
from events.live import tickets
from events.models import Event, Log
from orders import bulk_moves, money, reasons, refs
from orders.day_filter import Days
from orders.lifecycle import Actor, Edge, IllegalTransition, Status, edge, edges_from
from orders.models import DeliveryMethod, Order, OrderLine, Parcel, Payment, WebhookEvent
from orders.notifications import mail
from orders.payments import service as payments
from orders.staff_input import typed
from orders.transitions import transition
from shop.lib.language_tabs import LanguageTabsAdmin

BADGES = {
    Status.PLACED: "info",
    Status.PAYMENT_FAILED: "danger",
    Status.PAID: "warning",
    Status.PREPARING: "warning",
    Status.SHIPPED: "primary",
    Status.OUT_FOR_DELIVERY: "primary",
    Status.DELIVERED: "success",
    Status.CANCELLED: "danger",
    Status.REFUNDED: "danger",
}


class LineInline(ReadOnly, TabularInline):
    """The lines of an order, on its page."""

    model = OrderLine
    fields = readonly_fields = ("sku", "title", "quantity", "unit_price", "sum")
    extra = 0
    tab = False

    @display(description=_("total"))
    def sum(self, line: OrderLine) -> Any:
        return line.total


@display(description=_("detail"))
def _why(payment: Payment) -> str:
    """The reason in words, or what the gateway said."""
    return reasons.words(payment.detail) or payment.detail


class PaymentInline(ReadOnly, TabularInline):
    """The payments of an order, on its page."""

    model = Payment
    fields = readonly_fields = ("gateway", "amount", "state", _why, "created", "completed_at")
    extra = 0


class ParcelInline(ReadOnly, TabularInline):
    """The parcels of an order, on its page."""

    model = Parcel
    fields = readonly_fields = ("carrier", "tracking", "created")
    extra = 0


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin):
    """Orders: everything about one is on its page, which moves by itself as the shopper's does."""

    list_display = ("ref", "status_badge", "placed_at", "name", "email", "where", "delivery_method", "total")
    list_filter = ("status", ("placed_at", Days), "delivery_method", "country")
    list_filter_submit = True
    list_select_related = ("delivery_method",)
    list_per_page = 100
    search_fields = ("ref", "email", "name", "lines__sku", "lines__title", "parcels__tracking", "payments__session")
    search_help_text = _("Reference, name, email, SKU, tracking number")
    show_full_result_count = False
    inlines = (LineInline, PaymentInline, ParcelInline)
    change_form_outer_before_template = "admin/orders/order/_live.html"
    actions = bulk_moves.ACTIONS
    fieldsets = (
        (_("Shopper"), {"fields": (("name", "email"), ("user", "language"))}),
        (_("Address"), {"fields": (("address", "postal_code", "city"), ("region", "country"))}),
        (_("Delivery"), {"fields": (("delivery_method", "promised_from", "promised_by"),)}),
        (_("Money"), {"fields": (("subtotal", "delivery_price", "total"),)}),
    )
    # An address may be mended; what was bought, promised and paid may not.
    readonly_fields = (
        "user",
        "language",
        "delivery_method",
        "promised_from",
        "promised_by",
        "subtotal",
        "delivery_price",
        "total",
    )

    @display(description=_("status"), ordering="status", label={str(s): colour for s, colour in BADGES.items()})
    def status_badge(self, order: Order) -> tuple[str, Any]:
        return order.status, order.get_status_display()

    @display(description=_("country"), ordering="country")
    def where(self, order: Order) -> str:
        """Its name. The field itself would put all the world's countries in words for each row: a third of the page."""
        return str(order.country.name)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Find a reference however it was typed."""
        found = super().get_search_results(request, queryset, search_term)[0]
        if term := refs.normalize(search_term):
            found = found | queryset.filter(ref=term)
        # What is searched in lines and parcels is found once for each of them; of a million orders, to be told apart
        # takes a second.
        return found, bool(search_term)

    def get_urls(self) -> list[URLPattern]:
        """Plus one address for every transition, and one to book money that staff returned."""
        move, returned = self.admin_site.admin_view(self.move), self.admin_site.admin_view(self.returned)
        return [
            path("<path:object_id>/move/<slug:target>/", move, name="orders_order_move"),
            path("<path:object_id>/returned/", returned, name="orders_order_returned"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the buttons, the events, and what the live layer needs."""
        order = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if order is not None and self.has_view_permission(request, order):
            events = Event.objects.filter(stream=order.stream).order_by("seq").prefetch_related("deliveries")
            may_move = self.has_change_permission(request, order)
            moves = [_move(taken) for taken in edges_from(order.status, Actor.STAFF)] if may_move else []
            extra |= {
                "order": order,
                "moves": moves,
                "due": money.due(order) if money.ended(order) else None,
                "may_move": may_move,
                "history": [(event, _entry(order, event.seq)) for event in reversed(events)],
                "badge": BADGES[Status(order.status)],
                "epoch": Log.recent_epoch(),
                "ticket": tickets.issue(request),
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response

    def move(self, request: HttpRequest, object_id: str, target: str) -> HttpResponse:
        """Take one edge. What cannot be taken back is asked about first."""
        order = self._to_change(request, object_id)
        if target not in BADGES:
            raise Http404
        page = reverse("admin:orders_order_change", args=[order.pk])
        if request.method != "POST":
            return HttpResponseRedirect(page)
        taken = edge(order.status, target)
        if taken and taken.final and "confirmed" not in request.POST:
            return self._ask(request, order, taken)
        try:
            moved = transition(
                order.ref,
                Status(target),
                by=Actor.STAFF,
                actor=f"staff:{request.user.pk}",
                note=typed(request, "note"),
                message=typed(request, "message"),
                tracking=typed(request, "tracking", 60),
            )
        except IllegalTransition as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request,
                _("%(ref)s is now: %(status)s") % {"ref": order.ref, "status": moved.get_status_display()},
            )
        return HttpResponseRedirect(page)

    def _ask(self, request: HttpRequest, order: Order, taken: Edge) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(verb)s order %(ref)s?") % {"verb": taken.verb, "ref": order.ref},
            "order": order,
            "move": _move(taken),
            "due": money.due(order),
            "refund": money.refund_of(order),
            "note": typed(request, "note"),
            "message": typed(request, "message"),
            "opts": self.model._meta,
        }
        return render(request, "admin/orders/order/confirm.html", context)

    def returned(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Staff have returned what came past the gateways."""
        order = self._to_change(request, object_id)
        if request.method == "POST" and payments.book_returned_by_hand(order.ref, f"staff:{request.user.pk}"):
            messages.success(request, _("Booked as returned."))
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))

    def _to_change(self, request: HttpRequest, object_id: str) -> Order:
        order: Order | None = self.get_object(request, object_id)
        if order is None:
            raise Http404
        if not self.has_change_permission(request, order):
            raise PermissionDenied
        return order


def _move(taken: Edge) -> dict[str, Any]:
    """A move as its form needs it: whether a mail goes with it, and whether it asks for a tracking number."""
    mailed = taken.event.type in mail.SUBJECTS
    return {"edge": taken, "mailed": mailed, "tracking": taken.target == Status.SHIPPED}


def _entry(order: Order, sequence: int) -> dict[str, Any]:
    entry = order.entry_of(sequence)
    return entry | {"why": reasons.words(entry["reason"]) or entry["reason"]} if entry else {}


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    """Every try to pay."""

    list_display = ("order", "gateway", "amount", "state", _why, "created", "completed_at")
    list_filter = ("state", "gateway")
    list_select_related = ("order",)
    search_fields = ("order__ref", "session")
    readonly_fields = tuple(f.name for f in Payment._meta.fields if not f.name.endswith("_currency"))


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnly, ModelAdmin):
    """Every webhook with a good signature, and what came of it."""

    list_display = ("event_id", "gateway", "outcome", "times", "received_at")
    list_filter = ("outcome", "gateway")
    search_fields = ("event_id", "body")
    readonly_fields = tuple(f.name for f in WebhookEvent._meta.fields)


@admin.register(DeliveryMethod)
class DeliveryMethodAdmin(LanguageTabsAdmin, ModelAdmin):
    """Ways to send."""

    list_display = ("title", "carrier", "price", "min_days", "max_days", "active", "position")
    list_editable = ("position",)
