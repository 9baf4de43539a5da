"""The page on which staff change what is ordered. Every button sends all that was typed; only one of them applies."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from orders import line_checks, line_edits, phone_orders
from orders.admin.acting import Acting, page_of
from orders.admin.new_order import TAKE
from orders.lifecycle import UNPACKED, IllegalTransition
from orders.limits import REFUND
from orders.line_checks import Check, Row, Wanted
from orders.models import Order
from orders.staff_input import typed
from shop.cart.carts import BadQuantity, parse_quantity
from shop.catalog.models import Variant
from shop.lib.typed_text import whole_number
from shop.markets import places

MOST = 30
"""New things of one change."""


class LineActions(Acting):
    """The page below an order's own."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (("lines/", "lines"),)

    def lines(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Look what a change would mean, and make it."""
        order = self.order_of(request, object_id)
        user: Any = request.user
        if not user.has_perm(TAKE):
            raise PermissionDenied
        wanted: Wanted | None = None
        found: Check | None
        try:
            wanted = _wanted(request, order)
            if "apply" in request.POST:
                return _applied(request, order, wanted)
            if "apart" in request.POST and (goods := line_checks.coming_in(order, wanted)):
                return _apart(request, order, wanted, goods)
            found = line_checks.check(order, wanted, **_by(request))
        except line_edits.Outdated as outdated:
            messages.warning(request, _("Something has changed since you looked. This is what it means now."))
            return self._lines_shown(request, order, outdated.check, status=409)
        except BadQuantity as refusal:
            messages.error(request, str(refusal))
            found = line_checks.check(order, Wanted(), **_by(request)) if order.status in UNPACKED else None
            return self._lines_shown(request, order, found, status=422)
        except IllegalTransition as refusal:
            messages.error(request, str(refusal))
            order.refresh_from_db()
            if wanted is None or order.status not in UNPACKED:
                return HttpResponseRedirect(page_of(order, request))
            return self._lines_shown(request, order, line_checks.check(order, wanted, **_by(request)), status=409)
        return self._lines_shown(request, order, found)

    def _lines_shown(self, request: HttpRequest, order: Order, found: Check | None, status: int = 200) -> HttpResponse:
        query, rows = typed(request, "q", 100), found.rows if found else ()
        added = "add" in request.POST or any(row.piece.sku == query for row in rows)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change the lines of %(ref)s") % {"ref": order.ref},
            "order": order,
            "back": page_of(order, request),
            "check": found,
            "rows": [_field(request, row) for row in rows],
            "query": "" if added else query,
            "found": [] if added else phone_orders.variants(query, order.currency),
        }
        return render(request, "admin/orders/order/lines.html", context, status=status)


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": f"staff:{request.user.pk}", "may_refund": request.user.has_perm(REFUND)}  # type: ignore[union-attr]


def _wanted(request: HttpRequest, order: Order) -> Wanted:
    """The quantities that were typed, and one of what was chosen. Raises `BadQuantity`.

    Quantities are those of the whole order, so that the same form sent twice means the same.
    """
    lines = list(order.lines.all())
    wanted = {
        line.pk: parse_quantity(request.POST[f"line-{line.pk}"], least=0)
        for line in lines
        if request.POST.get(f"line-{line.pk}", str(line.wanted)).strip() != str(line.wanted)
    }
    names = [name for name in request.POST if name.startswith("new-")][:MOST]
    keys = [(whole_number(name.removeprefix("new-")), name) for name in names]
    new = {key: parse_quantity(request.POST[name], least=0) for key, name in keys if key is not None}
    chosen = _chosen(request, order)
    if chosen is not None:
        line = next((line for line in lines if line.variant_id == chosen.pk), None)
        if line is None:
            new[chosen.pk] = new.get(chosen.pk, 0) + 1
        else:
            wanted[line.pk] = wanted.get(line.pk, line.wanted) + 1
    return Wanted(wanted, new)


def _chosen(request: HttpRequest, order: Order) -> Variant | None:
    """What is put in: by a press on what was found, or by its SKU."""
    key = whole_number(typed(request, "add", 18))
    if key is not None:
        return phone_orders.variant(key, order.currency)
    return phone_orders.exactly(typed(request, "q", 100), order.currency) if "find" in request.POST else None


def _applied(request: HttpRequest, order: Order, wanted: Wanted) -> HttpResponse:
    found = line_edits.apply(order.ref, wanted, seen=typed(request, "seen", 40), **_by(request))
    if found.changes:
        messages.success(request, _("The lines of %(ref)s are changed.") % {"ref": order.ref})
    else:
        messages.info(request, _("Nothing was left to change."))
    return HttpResponseRedirect(page_of(order, request))


def _apart(request: HttpRequest, order: Order, wanted: Wanted, goods: dict[int, int]) -> HttpResponse:
    """To the page of a new phone order with exactly what this order cannot take in. Raises `Outdated` if it can now."""
    if order.status in UNPACKED:
        found = line_checks.check(order, wanted, **_by(request))
        if not found.apart:
            raise line_edits.Outdated(found)
    place = places.place(order.country.code)
    currency = place.currency if place else order.currency
    cart, said = phone_orders.begin_with(goods, currency, request.user.pk or 0)
    for each in said:
        messages.warning(request, each)
    return HttpResponseRedirect(f"{reverse('desk:new_order')}?{urlencode([('first', str(order.pk)), ('cart', cart)])}")


def _field(request: HttpRequest, row: Row) -> dict[str, Any]:
    """A row with its field, and what stands in it: what was typed, unless something was put in."""
    piece = row.piece
    name = f"line-{piece.line.pk}" if piece.line else f"new-{piece.variant.pk if piece.variant else 0}"
    put_in = "add" in request.POST or "find" in request.POST
    return {"row": row, "name": name, "text": row.after if put_in else request.POST.get(name, row.after)}
