"""An order's parcels, as staff deal with them: send some or all of it, correct a number, say where a parcel is."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders import changes
from orders.admin.acting import Acting
from orders.documents import slips
from orders.lifecycle import IllegalTransition
from orders.models import SENT, DeliveryMethod, Order, Parcel, ParcelPhoto
from orders.models.parcel import ScanKind
from orders.models.photo import is_kept
from orders.photos import service as photos
from orders.shipping import carriers, parcels, scans
from orders.staff_input import typed, written

BY_HAND = (
    ScanKind.IN_TRANSIT,
    ScanKind.OUT_FOR_DELIVERY,
    ScanKind.ATTEMPTED,
    ScanKind.AVAILABLE_FOR_PICKUP,
    ScanKind.DELIVERED,
    ScanKind.EXCEPTION,
    ScanKind.RETURNED_TO_SENDER,
)
"""What staff can say of a parcel."""
TWICE = timedelta(seconds=5)
"""The same said again so soon is the same click."""


class ParcelActions(Acting):
    """The buttons beside an order's parcels."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (
        ("parcels/<int:parcel>/tracking/", "tracking"),
        ("parcels/<int:parcel>/scan/", "scan"),
        ("parcels/<int:parcel>/label.pdf", "label"),
        ("parcels/<int:parcel>/delivery-note.pdf", "delivery_note"),
        ("packing-slip.pdf", "packing_slip"),
        ("photos/<int:photo>/delete/", "delete_photo"),
        ("found/", "found"),
    )

    def found(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The order of which the shopper said that it has not come is dealt with."""

        def do(order: Order, actor: str) -> str:
            changes.solve_missing(order.ref, actor)
            return str(_("It is not among the problems any more."))

        return self.act(request, object_id, "orders.change_order", do)

    def tracking(self, request: HttpRequest, object_id: str, parcel: int) -> HttpResponse:
        """Another tracking number."""

        def do(order: Order, actor: str) -> str:
            parcels.correct(_parcel(order, parcel).pk, typed(request, "tracking", 100), actor=actor)
            return str(_("The tracking number is saved."))

        return self.act(request, object_id, "orders.change_order", do)

    def scan(self, request: HttpRequest, object_id: str, parcel: int) -> HttpResponse:
        """Where a parcel is, said by hand."""

        def do(order: Order, actor: str) -> str:
            found, kind = _parcel(order, parcel), typed(request, "kind", 24)
            if kind not in BY_HAND:
                raise IllegalTransition(_("Please choose where the parcel is."))
            now = timezone.now()
            if not found.scans.filter(kind=kind, received_at__gt=now - TWICE).exists():
                scans.scan(found, kind, now, actor=actor)
            return str(_("Saved: %(state)s.") % {"state": ScanKind(kind).label})

        return self.act(request, object_id, "orders.change_order", do)

    def delete_photo(self, request: HttpRequest, object_id: str, photo: int) -> HttpResponse:
        """A photo that shows the wrong parcel, or somebody who did not want it."""

        def do(order: Order, actor: str) -> str:
            if not photos.delete(order.ref, photo, actor=actor):
                raise IllegalTransition(_("This photo is gone already."))
            return str(_("The photo is deleted."))

        return self.act(request, object_id, "orders.change_order", do)

    def label(self, request: HttpRequest, object_id: str, parcel: int) -> HttpResponse:
        """The parcel's address, as PDF."""
        found = _parcel(self.order_of(request, object_id), parcel)
        return slips.response(slips.label(found), f"{found.order.ref}-label.pdf")

    def delivery_note(self, request: HttpRequest, object_id: str, parcel: int) -> HttpResponse:
        """What is in the parcel, as PDF."""
        found = _parcel(self.order_of(request, object_id), parcel)
        return slips.response(slips.delivery_note(found), f"{found.order.ref}-delivery-note.pdf")

    def packing_slip(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is still to be packed, as PDF."""
        order = self.order_of(request, object_id)
        return slips.response(slips.packing_slip([order]), f"{order.ref}-packing-slip.pdf")


def _parcel(order: Order, pk: int) -> Parcel:
    found = order.parcels.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def shown(order: Order) -> list[dict[str, Any]]:
    """The parcels as the page shows them."""
    prefetch_related_objects([order], SENT, "parcels__items__line")
    return [
        {
            "parcel": each,
            "link": carriers.link(each),
            "items": list(each.items.all()),
            "photos": _photos(order.ref, each),
        }
        for each in order.parcels.all()
    ]


def _photos(ref: str, parcel: Parcel) -> list[dict[str, Any]]:
    found = [{**each, "at": datetime.fromisoformat(each["at"])} for each in parcel.photo_list]
    return [
        {
            **each,
            "label": ParcelPhoto.Kind(each["kind"]).label,
            "address": reverse("orders:photo", args=[ref, each["id"]]),
        }
        for each in found
        if is_kept(each["at"])
    ]


def to_send(order: Order) -> list[dict[str, Any]]:
    """The lines of which something is still in the house, and how many."""
    return [{"line": line, "left": quantity} for line, quantity in parcels.to_pack(order)]


def send(request: HttpRequest, order: Order, actor: str) -> Order:
    """What the form of **Ship** says: some lines or all, by some method, with a number or without.

    Raises `IllegalTransition` also where the page was older than the last parcel: a double click sends one.
    """
    return parcels.send(
        order.ref,
        quantities(request),
        actor=actor,
        tracking=typed(request, "tracking", 100),
        method=_method(typed(request, "method", 20)),
        note=written(request, "note"),
        message=written(request, "message"),
        seen=_number(typed(request, "seen", 9)) if "seen" in request.POST else None,
    )


def quantities(request: HttpRequest) -> dict[int, int] | None:
    """How many of which line a form says, by primary key; None where it has no such field."""
    names = [name for name in request.POST if name.startswith("line-")]
    return {_number(name[5:]): _number(request.POST[name] or "0") for name in names} or None


def _number(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise IllegalTransition(_("“%(text)s” is no whole number.") % {"text": text[:20]})
    return int(text)


def _method(pk: str) -> DeliveryMethod | None:
    if not pk:
        return None
    found = DeliveryMethod.objects.filter(pk=_number(pk)).first()
    if found is None:
        raise IllegalTransition(_("This delivery method is gone. Please choose another."))
    return found
