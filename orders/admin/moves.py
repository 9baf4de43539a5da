"""The moves of an order in admin: one button for each edge that is legal now."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import limits, money, undoing
from orders.admin import parcels
from orders.admin.acting import Acting, page_of
from orders.lifecycle import EDGES, Actor, Edge, IllegalTransition, Status, edge
from orders.models import Order
from orders.notifications import mail
from orders.staff_input import typed, whole, written
from orders.transitions import transition
from shop.accounts import actors
from shop.lib.typed_text import whole_number


class MoveActions(Acting):
    """The address to which each button of the lifecycle leads."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (("move/<slug:target>/", "move"), ("undo/", "undo"))

    def move(self, request: HttpRequest, object_id: str, target: str) -> HttpResponse:
        """Take one edge. What cannot be taken back is asked about first, and so is a move of another status.

        The form says `from` which status; another clerk may have moved the order since the page was opened.
        """
        order = self.order_of(request, object_id)
        if target not in set(Status):
            raise Http404
        page = page_of(order, request)
        if request.method != "POST":
            return HttpResponseRedirect(page)
        for name in ("note", "message"):
            written(request, name)  # before any question, which would not ask about a text that cannot be kept
        taken = edge(order.status, target)
        # Without an edge the answer is why: for who may take one to there from some status.
        wanted = [taken] if taken else [e for e in EDGES if e.target == target and Actor.STAFF in e.by]
        if not any(request.user.has_perm(e.permission) for e in wanted):  # type: ignore[union-attr]
            raise PermissionDenied
        if request.POST.get("from", order.status) != order.status:
            return self._ask(request, order, taken, wanted[0])
        if taken and taken.final and "confirmed" not in request.POST:
            return self._ask(request, order, taken, taken)
        try:
            moved = self._take(request, order, Status(target))
        except NoDay as refusal:
            messages.error(request, str(refusal))
            return self._ask(request, order, taken, wanted[0], wrong_day=True)
        except IllegalTransition as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request,
                _("%(ref)s is now: %(status)s") % {"ref": order.ref, "status": moved.get_status_display()},
            )
        return HttpResponseRedirect(page)

    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take back the move whose event has the sequence `undo` of the form."""
        sequence = whole_number(typed(request, "undo", 18)) or 0
        taken = undoing.edge_of(self.order_of(request, object_id), sequence)

        def do(order: Order, actor: str) -> str:
            back = undoing.undo(order.ref, sequence, actor=actor)
            return _("Undone. %(ref)s is again: %(status)s") % {"ref": back.ref, "status": back.get_status_display()}

        return self.act(request, object_id, taken.permission if taken else "orders.change_order", do)

    def _take(self, request: HttpRequest, order: Order, target: Status) -> Order:
        actor = f"staff:{request.user.pk}"
        if target == Status.SHIPPED:
            return parcels.send(request, order, actor)
        return transition(
            order.ref,
            target,
            by=Actor.STAFF,
            actor=actor,
            note=written(request, "note"),
            message=written(request, "message"),
            reference=typed(request, "reference", 80),
            received_on=day(typed(request, "received_on", 10)),
        )

    def _ask(
        self, request: HttpRequest, order: Order, taken: Edge | None, meant: Edge, *, wrong_day: bool = False
    ) -> HttpResponse:
        """The question before a move, with what was typed. Without `taken` it cannot be made any more."""
        moved = request.POST.get("from", order.status) != order.status
        kept = {name: whole(request, name) for name in ("note", "message", "tracking", "reference", "received_on")}
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(verb)s order %(ref)s?") % {"verb": meant.verb, "ref": order.ref},
            "order": order,
            "move": described(meant),
            "legal": taken is not None and bool(taken.verb),
            "moved": _last_move(order) if moved else None,
            "wrong_day": wrong_day,
            "due": money.due(order),
            "over": over_limit(request, order, taken) if taken else "",
            "refund": money.refund_of(order),
            "kept": {name: value for name, value in kept.items() if value},
            "note": kept["note"],
            "message": kept["message"],
            "opts": Order._meta,
        }
        return render(request, "admin/orders/order/confirm.html", context, status=409 if moved else 200)


def over_limit(request: HttpRequest, order: Order, taken: Edge) -> str:
    """Why this person may not end the order; "" if they may. `transition` holds it."""
    return limits.move_refused(limits.of(request.user, taken.permission, order.currency), order, taken)


def _last_move(order: Order) -> dict[str, Any]:
    entry = order.timeline[-1]
    return {"who": actors.names({entry["actor"]})[entry["actor"]], "at": datetime.fromisoformat(entry["at"])}


def described(taken: Edge) -> dict[str, Any]:
    """A move as its form needs it: whether a mail goes with it, and whether it asks for a tracking number."""
    return {
        "edge": taken,
        "mailed": taken.event.type in mail.SUBJECTS,
        "tracking": taken.target == Status.SHIPPED,
        "money": taken.target == Status.PAID,
    }


DAYS = ("%Y-%m-%d", "%d.%m.%Y")
"""How a day may be typed: as ISO 8601 has it, and as a German bank statement has it. With slashes it is read one way
here and another way there, so it is refused."""


class NoDay(IllegalTransition):
    """What was typed is not a date up to today."""


def day(text: str) -> date | None:
    """The day on which money came, as it was typed; None for nothing. Raises `NoDay` for no day, or one to come."""
    if not text:
        return None
    for form in DAYS:
        with suppress(ValueError):
            found = datetime.strptime(text, form).date()
            if found <= timezone.localdate():
                return found
    raise NoDay(
        _("“%(typed)s” is not a date up to today. Please type it like %(example)s.")
        % {"typed": text, "example": timezone.localdate().isoformat()}
    )
