"""The shop's counter: staff move orders along the lifecycle here, one by one or many at once."""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from events.admin import ReadOnly
from events.live import tickets
from events.models import Event, Log
from orders import access_links, agreement, bulk_moves, money, reasons, refs
from orders.admin import parcels, returns, timeline
from orders.admin.acting import page_of
from orders.admin.money import MoneyActions
from orders.admin.parcels import ParcelActions
from orders.admin.queues import QueueFilter, QueueList
from orders.admin.returns import ReturnActions
from orders.day_filter import Days
from orders.documents import slips
from orders.lifecycle import EDGES, PAYABLE, Actor, Edge, IllegalTransition, Status, buttons, edge
from orders.locking import locked
from orders.models import DeliveryMethod, Order, OrderLine, Payment, Question, Reversal
from orders.notifications import mail
from orders.queues import problems
from orders.staff_input import typed
from orders.transitions import transition

BADGES = {
    Status.PLACED: "info",
    Status.PAYMENT_FAILED: "danger",
    Status.PAID: "warning",
    Status.PREPARING: "warning",
    Status.PARTLY_SHIPPED: "primary",
    Status.SHIPPED: "primary",
    Status.OUT_FOR_DELIVERY: "primary",
    Status.DELIVERED: "success",
    Status.CANCELLED: "danger",
    Status.REFUNDED: "danger",
}


CONTACT = ("name", "email", "address", "postal_code", "city", "region", "country")
ACTING = frozenset({"orders.change_contact", *(taken.permission for taken in EDGES if Actor.STAFF in taken.by)})
"""Who has one of these changes something about an order."""


class LineInline(ReadOnly, TabularInline):
    """The lines of an order, on its page."""

    model = OrderLine
    fields = readonly_fields = ("sku", "title", "quantity", "unit_price", "discount", "sum")
    extra = 0
    tab = False

    @display(description=_("total"))
    def sum(self, line: OrderLine) -> Any:
        return line.total if line.pk else ""  # Django draws an empty line when the form's own fields were changed


@display(description=_("detail"))
def why(payment: Payment) -> str:
    """The reason in words, or what the gateway said."""
    return reasons.words(payment.detail) or payment.detail


class PaymentInline(ReadOnly, TabularInline):
    """The payments of an order, on its page."""

    model = Payment
    fields = readonly_fields = ("gateway", "amount", "state", why, "created", "completed_at")
    extra = 0


@admin.register(Order)
class OrderAdmin(QueueList, ParcelActions, MoneyActions, ReturnActions, ReadOnly, ModelAdmin):
    """Orders: everything about one is on its page, which moves by itself as the shopper's does."""

    addresses = (("move/<slug:target>/", "move"), ("end-links/", "end_links"))

    list_display = ("ref", "status_badge", "placed_at", "name", "email", "where", "delivery_method", "total")
    list_filter = (QueueFilter, "status", ("placed_at", Days), "delivery_method", "country")
    list_filter_submit = True
    list_select_related = ("delivery_method",)
    list_per_page = 50  # the theme needs more than a millisecond for a row
    search_fields = ("ref", "email", "name", "lines__sku", "lines__title", "parcels__tracking", "payments__session")
    search_help_text = _("Reference, name, email, SKU, tracking number")
    show_full_result_count = False
    inlines = (LineInline, PaymentInline)
    change_form_outer_before_template = "admin/orders/order/_live.html"
    actions = (*bulk_moves.ACTIONS, "pick_list", "packing_slips")
    fieldsets = (
        (_("Shopper"), {"fields": (("name", "email"), ("user", "language"))}),
        (_("Address"), {"fields": (("address", "postal_code", "city"), ("region", "country"))}),
        (_("Delivery"), {"fields": (("delivery_method", "promised_from", "promised_by"),)}),
        (
            _("Money"),
            {
                "fields": (
                    ("market", "company", "vat_number"),
                    ("subtotal", "discount", "delivery_price"),
                    ("tax", "total"),
                )
            },
        ),
    )
    # An address may be mended; what was bought, promised and paid may not. See `get_readonly_fields`.
    readonly_fields = (
        "user",
        "language",
        "delivery_method",
        "promised_from",
        "promised_by",
        "market",
        "company",
        "vat_number",
        "subtotal",
        "discount",
        "delivery_price",
        "tax",
        "total",
    )

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """Whether this person may do anything to orders; each thing has a permission of its own."""
        return any(request.user.has_perm(permission) for permission in ACTING)

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """Who may not change a contact may look at it."""
        may = request.user.has_perm("orders.change_contact")
        return self.readonly_fields if may else (*CONTACT, *self.readonly_fields)

    @admin.action(description=_("Pick list (PDF)"), permissions=["view"])
    def pick_list(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """What the chosen orders still need from the stock."""
        return slips.response(slips.pick_list(queryset.order_by("placed_at")[: slips.MOST]), "pick-list.pdf")

    @admin.action(description=_("Packing slips (PDF)"), permissions=["view"])
    def packing_slips(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """A page for each of the chosen orders."""
        return slips.response(slips.packing_slip(queryset.order_by("placed_at")[: slips.MOST]), "packing-slips.pdf")

    def has_change_order_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_order")

    def has_mark_paid_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.mark_paid")

    def has_cancel_order_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.cancel_order")

    def has_refund_order_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.refund_order")

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

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        """Save what was changed and nothing else. Who had the mail address before has no key to the order any more."""
        if "email" in form.changed_data:
            obj.end_links()
        obj.save(update_fields=[*form.changed_data, "link_version"])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the buttons, the events, and what the live layer needs."""
        order = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if order is not None and self.has_view_permission(request, order):
            events = Event.objects.filter(stream=order.stream).order_by("seq").prefetch_related("deliveries")
            staffs = buttons(order.status)
            moves = [_move(taken) for taken in staffs if request.user.has_perm(taken.permission)]
            extra |= {
                "order": order,
                "agreed": agreement.of(order),
                "asked": Question.objects.filter(order=order).first(),
                "moves": moves,
                "due": money.due(order) if money.ended(order) else money.asked_by_hand(order),
                "payments": _payments(order),
                "payable": PAYABLE,
                "parcels": parcels.shown(order),
                "to_send": parcels.to_send(order),
                "methods": DeliveryMethod.objects.filter(active=True),
                "said_by_hand": [(kind.value, kind.label) for kind in parcels.BY_HAND],
                "returns": returns.shown(order, request.user),
                "reversible": returns.reversible(order),
                "reversal_kinds": Reversal.Kind.choices,
                "reversal_reasons": Reversal.Reason.choices,
                "reversals": order.reversals.count(),
                "may_send": request.user.has_perm("orders.change_order"),
                "may_move": bool(moves),
                "may_return": request.user.has_perm("orders.refund_order"),
                "may_refund": request.user.has_perm("orders.refund_order"),
                "may_mark_paid": request.user.has_perm("orders.mark_paid"),
                "may_end_links": request.user.has_perm("orders.change_contact"),
                "history": timeline.rows(order, events),
                "problems": [each for each in problems.of([order])[order.pk] if each.kind in problems.NO_PART],
                "items": order.lines.select_related("variant__product"),
                **self.way(request, order),
                "badge": BADGES[Status(order.status)],
                "epoch": Log.recent_epoch(),
                "ticket": tickets.issue(request),
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response

    def move(self, request: HttpRequest, object_id: str, target: str) -> HttpResponse:
        """Take one edge. What cannot be taken back is asked about first."""
        order = self.order_of(request, object_id)
        if target not in BADGES:
            raise Http404
        page = page_of(order, request)
        if request.method != "POST":
            return HttpResponseRedirect(page)
        taken = edge(order.status, target)
        # Without an edge the answer is why: for who may take one to there from some status.
        wanted = [taken] if taken else [e for e in EDGES if e.target == target and Actor.STAFF in e.by]
        if not any(request.user.has_perm(e.permission) for e in wanted):
            raise PermissionDenied
        if taken and taken.final and "confirmed" not in request.POST:
            return self._ask(request, order, taken)
        try:
            moved = self._take(request, order, Status(target))
        except IllegalTransition as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request,
                _("%(ref)s is now: %(status)s") % {"ref": order.ref, "status": moved.get_status_display()},
            )
        return HttpResponseRedirect(page)

    def _take(self, request: HttpRequest, order: Order, target: Status) -> Order:
        actor = f"staff:{request.user.pk}"
        if target == Status.SHIPPED:
            return parcels.send(request, order, actor)
        return transition(
            order.ref,
            target,
            by=Actor.STAFF,
            actor=actor,
            note=typed(request, "note"),
            message=typed(request, "message"),
            reference=typed(request, "reference", 80),
            received_on=_day(typed(request, "received_on", 10)),
        )

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

    def end_links(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End every access link of the order, such as one that got into wrong hands, and show a new one."""
        order = self.order_of(request, object_id)
        if not request.user.has_perm("orders.change_contact"):
            raise PermissionDenied
        if request.method == "POST":
            with transaction.atomic():
                order = locked(order.ref)
                order.end_links()
                order.save(update_fields=["link_version"])
            said = _("All links to this order have ended. A new one, to be given to the shopper: %(link)s")
            messages.success(request, said % {"link": access_links.url(order)})
        return HttpResponseRedirect(page_of(order, request))


def _move(taken: Edge) -> dict[str, Any]:
    """A move as its form needs it: whether a mail goes with it, and whether it asks for a tracking number."""
    mailed = taken.event.type in mail.SUBJECTS
    return {
        "edge": taken,
        "mailed": mailed,
        "tracking": taken.target == Status.SHIPPED,
        "money": taken.target == Status.PAID,
    }


def _day(text: str) -> date | None:
    """The day that was typed; None for nothing, or for what is no day that has come."""
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return day if day is None or day <= timezone.localdate() else None


def _payments(order: Order) -> list[Payment]:
    return list(order.payments.prefetch_related("refunds"))
