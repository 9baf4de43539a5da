"""What comes back, as staff deal with it: lines that are cancelled or paid back, and the queue of returns."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.admin import ReadOnly
from orders.admin.acting import Acting, page_of
from orders.admin.parcels import quantities
from orders.lifecycle import Actor, IllegalTransition
from orders.models import Order, Return, Reversal
from orders.returns import reversals, service
from orders.returns.lifecycle import State, edges_from
from orders.returns.lifecycle import edge as return_edge
from orders.staff_input import typed, written

BADGES = {
    State.REQUESTED: "warning",
    State.APPROVED: "info",
    State.ON_ITS_WAY: "primary",
    State.RECEIVED: "warning",
    State.REFUNDED: "success",
    State.EXCHANGED: "success",
    State.REFUSED: "danger",
    State.WITHDRAWN: "info",
}


class ReturnActions(Acting):
    """The buttons beside an order's lines and returns."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (
        ("reverse/", "reverse"),
        ("returns/<int:place>/<slug:target>/", "move_return"),
    )

    def reverse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take lines out of the order: cancelled before they are sent, or paid back afterwards."""

        def do(order: Order, actor: str) -> str:
            kind, reason = typed(request, "kind", 10), typed(request, "reason", 12)
            if kind not in Reversal.Kind.values or reason not in Reversal.Reason.values:
                raise IllegalTransition(_("Please choose what happened, and why."))
            made = reversals.reverse(
                order.ref,
                quantities(request) or {},
                kind=kind,
                reason=reason,
                restock="restock" in request.POST,
                actor=actor,
                with_delivery=True if "delivery" in request.POST else None,
                seen=request.POST.get("seen"),
            )
            if made.refund is None:
                return str(_("Taken out of the order."))
            return str(_("Taken out of the order; %(amount)s goes back.") % {"amount": made.refund.amount})

        return self.act(request, object_id, "orders.refund_order", do)

    def move_return(self, request: HttpRequest, object_id: str, place: int, target: str) -> HttpResponse:
        """A step of a return. Each needs the permission of its edge."""
        found = self.order_of(request, object_id).returns.filter(place=place).first()
        if found is None or target not in {state.value for state in State}:
            raise Http404
        taken = return_edge(found.state, target)
        permission = taken.permission if taken else "orders.refund_order"
        if taken is not None and Actor.STAFF not in taken.by:
            raise PermissionDenied

        def do(order: Order, actor: str) -> str:
            moved = _step(request, order, found, State(target), actor)
            return f"{moved.number}: {moved.get_state_display()}"

        return self.act(request, object_id, permission, do)


def _step(request: HttpRequest, order: Order, found: Return, target: State, actor: str) -> Return:
    if target == State.RECEIVED:
        whole = {line.line_id: f"restock-{line.line_id}" in request.POST for line in found.lines.all()}
        return service.receive(order.ref, found.place, whole, actor=actor)
    if target == State.REFUNDED:
        delivery = True if "delivery" in request.POST else None
        return service.pay_back(order.ref, found.place, actor=actor, with_delivery=delivery)
    if target == State.EXCHANGED:
        return service.exchange(order.ref, found.place, actor=actor)
    return service.move(order.ref, found.place, target, by=Actor.STAFF, actor=actor, answer=written(request, "answer"))


def shown(order: Order, user: Any) -> list[dict[str, Any]]:
    """The order's returns as its page shows them, each with the steps that this user may take."""
    found = order.returns.prefetch_related("lines__line").select_related("replacement").order_by("place")
    return [
        {
            "return": each,
            "lines": list(each.lines.all()),
            "badge": BADGES[State(each.state)],
            "moves": [e for e in edges_from(each.state, Actor.STAFF) if user.has_perm(e.permission)],
        }
        for each in found
    ]


def reversible(order: Order) -> list[dict[str, Any]]:
    """The lines of which something can be taken out."""
    if order.status not in reversals.REVERSIBLE:
        return []
    return [
        {"line": line, "left": line.quantity - line.reversed}
        for line in order.lines.all()
        if line.quantity > line.reversed
    ]


@admin.register(Return)
class ReturnAdmin(ReadOnly, ModelAdmin):
    """The queue of returns: what somebody has to look at comes first. Each step is taken on the order's page."""

    list_display = ("number_link", "state_badge", "reason", "wish", "goods", "requested_at", "moved_at")
    list_filter = ("state", "reason", "wish")
    search_fields = ("order__ref", "order__name", "order__email", "tracking", "lines__line__sku")
    search_help_text = _("Order, name, email, tracking number, SKU")
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list shows of other rows."""
        return super().get_queryset(request).select_related("order").prefetch_related("lines__line")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With how many wait for somebody."""
        waiting = Return.objects.filter(state__in=[State.REQUESTED, State.RECEIVED]).count()
        title = _("Returns: %(n)s wait for us") % {"n": waiting}
        answer: HttpResponse = super().changelist_view(request, {"title": title, **(extra_context or {})})
        return answer

    @display(description=_("return"), ordering="order__ref")
    def number_link(self, found: Return) -> str:
        return format_html('<a href="{}#db-returns">{}</a>', page_of(found.order), found.number)

    @display(description=_("state"), ordering="state", label={str(s): colour for s, colour in BADGES.items()})
    def state_badge(self, found: Return) -> tuple[str, Any]:
        return found.state, found.get_state_display()

    @display(description=_("goods"))
    def goods(self, found: Return) -> str:
        return ", ".join(f"{each.quantity} × {each.line.title}" for each in found.lines.all())
