"""The shop's counter: staff move orders along the lifecycle here, one by one or many at once."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from events.admin import ReadOnly
from events.live import tickets
from events.models import Event, Log
from orders import refs
from orders.lifecycle import EDGES, Actor, Edge, IllegalTransition, Status, edge, edges_from
from orders.models import DeliveryMethod, Order, OrderLine, Parcel, Payment, WebhookEvent
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


class Days(RangeDateFilter):
    """From one day to another, both whole, in the shop's time zone. (The theme's own ends as the last day begins.)"""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """What is no day bounds nothing, and staff are told."""
        name = self.parameter_name
        if first := self._day(request, "from"):
            queryset = queryset.filter(**{f"{name}__gte": _midnight(first)})
        if last := self._day(request, "to"):
            queryset = queryset.filter(**{f"{name}__lt": _midnight(last) + timedelta(days=1)})
        return queryset

    def _day(self, request: HttpRequest, end: str) -> date | None:
        typed = self.used_parameters.get(f"{self.parameter_name}_{end}", "")
        # As the calendar beside the field writes it, or as pages in Chinese do.
        formats = [*get_format("DATE_INPUT_FORMATS"), "%Y年%m月%d日"]
        try:
            day: date | None = forms.DateField(required=False, input_formats=formats, validators=[_FIRST, _LAST]).clean(
                typed
            )
        except ValidationError:
            # A page asks its filters several times, and an action redirects to one that asks again.
            told = request.__dict__.setdefault("_no_days", set())
            if request.method == "GET" and typed not in told:
                told.add(typed)
                messages.warning(request, _("“%(typed)s” is no day.") % {"typed": typed})
            return None
        return day


# The calendar's ends have no midnight in every time zone.
_FIRST, _LAST = MinValueValidator(date(1, 1, 2)), MaxValueValidator(date(9999, 12, 30))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class LineInline(ReadOnly, TabularInline):
    model = OrderLine
    fields = readonly_fields = ("sku", "title", "quantity", "unit_price", "sum")
    extra = 0
    tab = False

    @display(description=_("total"))
    def sum(self, line: OrderLine) -> Any:
        """Quantity times price."""
        return line.total


class PaymentInline(ReadOnly, TabularInline):
    model = Payment
    fields = readonly_fields = ("gateway", "amount", "state", "detail", "created", "completed_at")
    extra = 0


class ParcelInline(ReadOnly, TabularInline):
    model = Parcel
    fields = readonly_fields = ("carrier", "tracking", "created")
    extra = 0


def _bulk(target: Status, verb: Any) -> Callable[..., HttpResponse | None]:
    """An admin action that moves the chosen orders to `target`, after a page that asks, and reports on each."""

    def action(model_admin: "OrderAdmin", request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        if "confirmed" in request.POST:
            model_admin.move_many(request, queryset, target)
            return None
        context = {
            **model_admin.admin_site.each_context(request),
            "title": _("%(verb)s: %(n)s orders?") % {"verb": verb, "n": queryset.count()},
            "orders": [(o, edge(o.status, target)) for o in queryset],
            "verb": verb,
            "action": action.__name__,
            "opts": model_admin.model._meta,
        }
        return TemplateResponse(request, "admin/orders/order/bulk.html", context)

    action.__name__ = f"bulk_{target.value}"
    return admin.action(description=verb, permissions=["change"])(action)


_VERBS: dict[Status, Any] = {e.target: e.verb for e in EDGES if Actor.STAFF in e.by}


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
    actions = [_bulk(target, verb) for target, verb in _VERBS.items()]
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
        """Coloured by status."""
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
        # What is searched in lines and parcels is found once for each of them; of a million orders, to be told apart takes a second.
        return found, bool(search_term)

    def get_urls(self) -> list[URLPattern]:
        """Plus one address for every transition."""
        move = self.admin_site.admin_view(self.move)
        return [path("<path:object_id>/move/<slug:target>/", move, name="orders_order_move"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the buttons, the events, and what the live layer needs."""
        order = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if order is not None and self.has_view_permission(request, order):
            events = Event.objects.filter(stream=order.stream).order_by("seq").prefetch_related("deliveries")
            extra |= {
                "order": order,
                "edges": edges_from(order.status, Actor.STAFF) if self.has_change_permission(request, order) else [],
                "history": list(zip(reversed(events), reversed(_entries(order, events)), strict=True)),
                "badge": BADGES[Status(order.status)],
                "epoch": Log.recent_epoch(),
                "ticket": tickets.issue(request),
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response

    def move(self, request: HttpRequest, object_id: str, target: str) -> HttpResponse:
        """Take one edge. What cannot be taken back is asked about first."""
        order = self.get_object(request, object_id)
        if order is None or target not in BADGES:
            raise Http404
        if not self.has_change_permission(request, order):
            raise PermissionDenied
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
                reason=_typed(request, "note", 300),
                tracking=_typed(request, "tracking", 60),
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
            "edge": taken,
            "note": request.POST.get("note", ""),
            "opts": self.model._meta,
        }
        return render(request, "admin/orders/order/confirm.html", context)

    def move_many(self, request: HttpRequest, queryset: QuerySet[Order], target: Status) -> None:
        """Move each that can be; say of each what happened."""
        done: list[str] = []
        for ref in queryset.order_by("pk").values_list("ref", flat=True):
            try:
                transition(
                    ref,
                    target,
                    by=Actor.STAFF,
                    actor=f"staff:{request.user.pk}",
                    reason=_typed(request, "note", 300),
                )
                done.append(ref)
            except IllegalTransition as refusal:
                messages.warning(request, str(refusal))
        if done:
            messages.success(request, _("%(n)s moved: %(refs)s") % {"n": len(done), "refs": ", ".join(done)})


def _typed(request: HttpRequest, name: str, length: int) -> str:
    """What staff typed, as the database can keep it."""
    return request.POST.get(name, "").replace("\0", "").strip()[:length]


def _entries(order: Order, events: Any) -> list[dict[str, str]]:
    """For each event the timeline's entry that came with it; scans and the like have none."""
    entries = iter(order.timeline)
    return [next(entries, {}) if event.type not in ("parcel.scanned", "payment.unneeded") else {} for event in events]


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    """Every try to pay."""

    list_display = ("order", "gateway", "amount", "state", "detail", "created", "completed_at")
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
