"""The shop's counter: staff move orders along the lifecycle here, one by one or many at once."""

import uuid
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from events.admin import ReadOnly
from events.live import tickets
from events.models import Event, Log
from orders import agreement, customers, limits, money, reasons, undoing
from orders.admin import mails, parcels, returns, search, timeline
from orders.admin.contact import ContactActions, seen_values
from orders.admin.export import OrderExport
from orders.admin.lines import LineActions
from orders.admin.mails import MailActions
from orders.admin.money import MoneyActions
from orders.admin.moves import described, over_limit
from orders.admin.notes import NoteActions
from orders.admin.parcels import ParcelActions
from orders.admin.previews import PreviewActions
from orders.admin.queues import QueueFilter, QueueList
from orders.admin.returns import ReturnActions
from orders.admin.start_packing import StartPacking
from orders.admin.undo_moves import UndoMoves
from orders.admin.views import ViewList
from orders.bulk import actions as bulk_actions
from orders.day_filter import Days
from orders.documents import slips
from orders.lifecycle import EDGES, PAYABLE, UNPACKED, Actor, Status, buttons
from orders.lists.filters import FILTERS
from orders.models import DeliveryMethod, Order, OrderLine, Payment, Question, Reversal
from orders.queues import problems

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


ACTING = frozenset(
    {"orders.change_contact", "orders.resend_mail", *(taken.permission for taken in EDGES if Actor.STAFF in taken.by)}
)
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
class OrderAdmin(
    QueueList,
    StartPacking,
    UndoMoves,
    ViewList,
    OrderExport,
    PreviewActions,
    ContactActions,
    LineActions,
    ParcelActions,
    MoneyActions,
    ReturnActions,
    NoteActions,
    MailActions,
    ReadOnly,
    ModelAdmin,
):
    """Orders: everything about one is on its page, which moves by itself as the shopper's does."""

    list_display = ("ref", "status_badge", "placed_at", "name", "email", "where", "delivery_method", "total")
    list_filter = (QueueFilter, *FILTERS, ("placed_at", Days))
    list_select_related = ("delivery_method",)
    list_per_page = 50  # the theme needs more than a millisecond for a row
    search_fields = search.FIELDS  # and those of lines, parcels and payments: get_search_results
    search_help_text = _("Reference, name, email, SKU, tracking number")
    show_full_result_count = False
    inlines = (LineInline, PaymentInline)
    change_form_outer_before_template = "admin/orders/order/_live.html"
    actions = (*bulk_actions.ACTIONS, "pick_list", "packing_slips", "labels")
    fieldsets = (
        (_("Shopper"), {"fields": (("name", "email"), ("user", "language"))}),
        (_("Address"), {"fields": ("address", ("postal_code", "city"), ("region", "country"))}),
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
    # An address may be mended; what was bought, promised and paid may not. See `ContactActions`.
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

    @admin.action(description=_("Pick list (PDF)"), permissions=["view"])
    def pick_list(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """What the chosen orders still need from the stock."""
        return slips.response(slips.pick_list(queryset.order_by("placed_at")[: slips.MOST]), "pick-list.pdf")

    @admin.action(description=_("Packing slips (PDF)"), permissions=["view"])
    def packing_slips(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """A page for each of the chosen orders."""
        return slips.response(slips.packing_slip(queryset.order_by("placed_at")[: slips.MOST]), "packing-slips.pdf")

    @admin.action(description=_("Labels (PDF)"), permissions=["view"])
    def labels(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """A label for what is packed next of each of the chosen orders; else one for each of its parcels."""
        return slips.response(slips.labels(queryset.order_by("placed_at")[: slips.MOST]), "labels.pdf")

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
        """By `orders.admin.search`, which finds each order once."""
        return search.matching(queryset, search_term), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the buttons, the events, and what the live layer needs."""
        order = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if order is not None and self.has_view_permission(request, order):
            events = Event.objects.filter(stream=order.stream).order_by("seq").prefetch_related("deliveries")
            staffs = buttons(order.status)
            moves = [described(taken) for taken in staffs if request.user.has_perm(taken.permission)]
            for each in moves:
                each["over"] = over_limit(request, order, each["edge"]) if each["money"] else ""
            extra |= {
                "order": order,
                "agreed": agreement.of(order),
                "asked": Question.objects.filter(order=order, messages__isnull=False).first(),
                "moves": moves,
                "undo": undoing.offer(order, request.user),
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
                "note_key": uuid.uuid4() if self.has_change_permission(request) else "",
                "may_return": request.user.has_perm("orders.refund_order"),
                "may_refund": request.user.has_perm("orders.refund_order"),
                "may_edit": order.status in UNPACKED and request.user.has_perm("orders.take_order"),
                "may_mark_paid": request.user.has_perm("orders.mark_paid"),
                "limit": limits.in_words(limits.of(request.user, limits.REFUND, order.currency), order),
                "may_end_links": request.user.has_perm("orders.change_contact"),
                "history": timeline.rows(order, events),
                "seen": seen_values(order),
                "customer_page": customers.page_of(order) if request.user.has_perm("orders.see_customers") else "",
                "mails": mails.rows(order, events),
                "may_send_mails": mails.may_send(request.user),
                "problems": [each for each in problems.of([order])[order.pk] if each.kind in problems.NO_PART],
                "items": order.lines.select_related("variant__product", "variant__picture"),
                **self.way(request, order),
                "badge": BADGES[Status(order.status)],
                "epoch": Log.recent_epoch(),
                "ticket": tickets.issue(request),
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response


def _payments(order: Order) -> list[Payment]:
    return list(order.payments.prefetch_related("refunds"))
