"""An order in somebody's calendar, and its code for a phone. Both are the link that only shows: they go to places where
others look, such as a shared calendar or a screen in an office.
"""

import io
from datetime import date, timedelta

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from icalendar import Calendar, Event, vDuration

from events.models import Event as LogEvent
from orders import access_links
from orders.access_links import Strength
from orders.lifecycle import ENDED, Status
from orders.models import Order
from orders.pages import visitors
from orders.presentation import present

REFRESH = timedelta(hours=4)
"""How often a calendar that subscribes is asked to look again."""


@never_cache
@require_GET
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The expected days as one event of a calendar (RFC 5545), for who has a link. It moves when they move."""
    try:
        link = access_links.read(token)
    except (access_links.ExpiredLink, access_links.ForgedLink):
        raise Http404 from None
    order = visitors.find.first(link.ref)
    if order is None or order.link_version != link.version:
        raise Http404
    with override(order.language):
        content = calendar(order, request.build_absolute_uri(order.get_absolute_url()), request.get_host())
    name = f"{order.ref}.ics"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Referrer-Policy": "no-referrer"}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


def calendar(order: Order, page: str, host: str) -> bytes:
    """The calendar of one order, in the active language. Neither address nor prices stand in it."""
    newest = LogEvent.objects.filter(stream=order.stream).order_by("seq").last()
    at = newest.recorded_at if newest else order.placed_at
    d = present(order.state(), order.language)
    first, last = _days(order)
    entry = Event()
    entry.add("uid", f"{order.ref}@{host}")
    entry.add("sequence", order.version)
    entry.add("dtstamp", at)
    entry.add("last-modified", at)
    entry.add("dtstart", first)
    entry.add("dtend", last + timedelta(days=1))  # the day after, as RFC 5545 wants it
    entry.add("summary", _("Parcel %(ref)s: %(status)s") % {"ref": order.ref, "status": d["headline"]})
    entry.add("description", " ".join(filter(None, (d["sentence"], d["promised"]))))
    entry.add("url", page)
    entry.add("status", "CANCELLED" if order.status in ENDED else "CONFIRMED")
    entry.add("transp", "TRANSPARENT")  # nobody is busy because of it
    made = Calendar()
    made.add("prodid", "-//Doorbell//Orders//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", _("Order %(ref)s") % {"ref": order.ref})
    made.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(REFRESH))
    made.add_component(entry)
    return bytes(made.to_ical())


def _days(order: Order) -> tuple[date, date]:
    """The days on which it is expected; while it is out for delivery, and once it has arrived, that day."""
    at = {step.status: step.at for step in order.state().steps}.get(order.status)
    if at is None or order.status not in (Status.OUT_FOR_DELIVERY, Status.DELIVERED):
        return order.promised_from, order.promised_by
    day = timezone.localdate(at)
    if order.status == Status.OUT_FOR_DELIVERY and day != timezone.localdate():
        return order.promised_from, order.promised_by  # it did not arrive on that day
    return day, day


def addresses(request: HttpRequest, order: Order) -> dict[str, str]:
    """Where a calendar subscribes (`webcal:`), and where the same is read as a file."""
    path = reverse("orders:calendar", args=[access_links.token(order, Strength.LOOK)])
    return {"subscribe": f"webcal://{request.get_host()}{path}", "file": path}


@never_cache
@require_GET
def code(request: HttpRequest, ref: str) -> HttpResponse:
    """The link that only shows, as a QR code for a phone's camera."""
    order = visitors.order_of(request, ref)  # who was only shown an order gets no newer link to it
    link = request.build_absolute_uri(access_links.path(order, Strength.LOOK))
    picture = io.BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="svg", border=2, xmldecl=False, scale=4)
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")
