"""The rider's pages, for a phone: what to take along, the next stop, what became of it."""

from urllib.parse import quote

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from orders.lifecycle import IllegalTransition
from orders.models import Order, Tour
from orders.photos import service as photos
from orders.shipping import tours
from shop.lib.typed_text import whole_number

LATER = "later"
"""What stands in the address in place of an outcome: the stop is left for the end."""
SHOWN = 200
"""Waiting parcels on the page."""

_allowed = permission_required("orders.ride_tour", login_url="admin:login")


@never_cache
@require_GET
@_allowed
def page(request: HttpRequest) -> HttpResponse:
    """The next stop of the rider's tour; without a tour, the parcels that wait for one."""
    tour = tours.of(request.user)
    context = admin.site.each_context(request) | {"title": _("Tour"), "tour": tour}
    if tour is None:
        waiting = tours.waiting()
        context |= {"waiting": list(waiting[:SHOWN]), "more": max(0, waiting.count() - SHOWN), "most": tours.MOST}
    else:
        stops = list(tours.left_of(tour).prefetch_related("parcel__items__line"))
        context |= {"stops": stops, "next": stops[0] if stops else None, "done": tour.stops.count() - len(stops)}
        if stops:
            context["map"] = _map(stops[0].parcel.order)
    return render(request, "admin/tour.html", context)


def _map(order: Order) -> str:
    """An address that the phone's own map opens, so that no other company hears where somebody lives."""
    return "geo:0,0?q=" + quote(f"{order.address}, {order.postal_code} {order.city}, {order.country.code}")


@require_POST
@_allowed
def start(request: HttpRequest) -> HttpResponse:
    """Take the ticked parcels along."""
    chosen = [pk for text in request.POST.getlist("parcel") if (pk := whole_number(text)) is not None]
    try:
        tours.start(request.user, chosen)
    except IllegalTransition as refusal:
        messages.error(request, str(refusal))
    return redirect("orders:tour")


@require_POST
@_allowed
def arrive(request: HttpRequest, pk: int, stop: int, outcome: str) -> HttpResponse:
    """Say what became of a parcel at its door, perhaps with a photo, or leave it for later."""
    tour = _mine(request, pk)
    try:
        if outcome == LATER:
            tours.later(tour.pk, stop)
        else:
            tours.arrive(tour.pk, stop, outcome, photos.read(request.FILES.get("photo")))
    except IllegalTransition as refusal:
        messages.error(request, str(refusal))
    return redirect("orders:tour")


@require_POST
@_allowed
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ride home."""
    tours.end(_mine(request, pk).pk)
    return redirect("orders:tour")


def _mine(request: HttpRequest, pk: int) -> Tour:
    """The rider's own tour: nobody ends another's."""
    return get_object_or_404(Tour, pk=pk, rider=request.user.pk)
