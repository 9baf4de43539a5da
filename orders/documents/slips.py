"""Papers that go with the goods: pick list, packing slip, delivery note, label, return label.

They are made whenever somebody asks, from what the order is then; nothing of them is kept.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import segno
from django.conf import settings
from django.http import HttpResponse
from django.utils import formats, timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from orders.documents.typesetting import compiled
from orders.lifecycle import ENDED
from orders.models import Order, Parcel, Return, Seller
from orders.shipping import parcels
from shop.lib import postal

MOST = 200
"""Orders on one pick list."""


def response(pdf: bytes, name: str) -> HttpResponse:
    """The file, shown in the browser."""
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def pick_list(orders: Iterable[Order]) -> bytes:
    """What is to be fetched from the stock for these orders: each article once, with how many for whom."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    orders = list(orders)[:MOST]
    for order in orders:
        for line, quantity in parcels.to_pack(order):
            found.setdefault((line.sku, line.title), []).append((quantity, order.ref))
    rows = [
        [title, sku, ", ".join(f"{n} → {ref}" for n, ref in wanted), str(sum(n for n, _ref in wanted))]
        for (sku, title), wanted in sorted(found.items())
    ]
    paper = {
        "kind": "list",
        "title": _("Pick list"),
        "sender": [],
        "address": [],
        "facts": [(_("Date"), _now()), (_("Orders"), str(len(orders)))],
        "heads": [_("Description"), _("SKU"), _("For"), _("Quantity")],
        "rows": rows,
        "notes": [] if rows else [_("Nothing is to be fetched.")],
    }
    return _made([paper])


def packing_slip(orders: Iterable[Order]) -> bytes:
    """What goes into the box of each order: all that is not sent yet. In the language of whoever packs."""
    return _made([_packing(order) for order in list(orders)[:MOST]])


def _packing(order: Order) -> dict[str, Any]:
    rows = [[line.title, line.sku, str(quantity)] for line, quantity in parcels.to_pack(order)]
    status = order.get_status_display()
    notes = [] if rows else [_("Nothing of this order is to be packed. It is: %(status)s.") % {"status": status}]
    slip = _listed(order, _("Packing slip"), rows, notes) | {"code": _code(order.ref)}
    if order.is_gift and rows:
        slip |= {"gift": _("A gift"), "gift_note": order.gift_note.split("\n") if order.gift_note else []}
    return slip


def _code(text: str) -> str:
    """A QR code, as SVG: the scanner at the packing table opens the order by it."""
    return str(segno.make(text, error="m", micro=False).svg_inline(border=2))


def delivery_note(parcel: Parcel) -> bytes:
    """What is in a parcel, in the language of who opens it. No prices: it may be a present."""
    order = parcel.order
    with override(order.language):
        items = list(parcel.items.select_related("line"))
        rows = [[item.line.title, item.line.sku, str(item.quantity)] for item in items]
        return _made([_listed(order, _("Delivery note"), rows, [_rest(order)])], order.language)


def _rest(order: Order) -> str:
    left = sum(max(0, n) for n in parcels.left_of(list(order.lines.all())).values())
    return _("The rest of your order follows in another parcel.") if left else _("This completes your order.")


def label(parcel: Parcel) -> bytes:
    """The address of a parcel, with its number. Who needs a bar code prints the carrier's own label."""
    return _made([_label_of(parcel.order, parcel.carrier, parcel.tracking)])


def labels(orders: Iterable[Order]) -> bytes:
    """A label without a number for each of the orders of which something is to be packed; else one for each parcel."""
    papers = []
    for order in list(orders)[:MOST]:
        if parcels.to_pack(order):
            papers.append(_label_of(order, order.delivery_title, ""))
        elif order.status not in ENDED:
            papers += [_label_of(order, each.carrier, each.tracking) for each in order.parcels.order_by("pk")]
    return _made(papers)


def _label_of(order: Order, carrier: str, number: str) -> dict[str, Any]:
    return _label(_sender(), order.address_lines, [(_("Carrier"), carrier), (_("Order"), order.ref)], number)


def return_label(sent_back: Return) -> bytes:
    """What the shopper puts on the parcel that comes back, in their language."""
    order = sent_back.order
    with override(order.language):
        facts = [(_("Order"), order.ref), (_("Return"), str(sent_back.place))]
        return _made([_label(order.address_lines, _sender(), facts, sent_back.number)], order.language)


def _label(
    sender: Sequence[str], address: Sequence[str], facts: Sequence[tuple[str, str]], number: str
) -> dict[str, Any]:
    return {"kind": "label", "sender": sender, "address": address, "facts": facts, "number": number}


def _listed(order: Order, title: str, rows: list[list[str]], notes: list[str]) -> dict[str, Any]:
    return {
        "kind": "list",
        "title": title,
        "sender": _sender(),
        "address": order.address_lines,
        "facts": [(_("Order"), order.ref), (_("Date"), _now()), (_("Delivery"), order.delivery_title)],
        "heads": [_("Description"), _("SKU"), _("Quantity")],
        "rows": rows,
        "notes": notes,
    }


def _sender() -> list[str]:
    """The seller's address; the shop's name where nobody has said who sells."""
    seller = Seller.objects.first()
    if seller is None:
        return [settings.BRAND]
    return postal.lines(
        country=seller.country.code,
        country_name=str(seller.country.name),
        name=seller.name,
        address=seller.address,
        city=seller.city,
        region="",
        postal_code=seller.postal_code,
    )


def _now() -> str:
    return formats.date_format(timezone.localdate(), _("j F Y"))


def _made(papers: list[dict[str, Any]], language: str = "") -> bytes:
    title = str(papers[0].get("title") or papers[0].get("number", "")) if papers else ""
    shown = {"title": title, "brand": settings.BRAND, "page": _("Page"), "papers": papers}
    return compiled("slip.typ", shown, language or get_language() or "en")
