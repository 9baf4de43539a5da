"""What stands on a document, frozen when it is issued. Amounts are texts with a point, in the order's currency."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from djmoney.money import Money

from orders.models import Document, Order, Refund, Reversal
from orders.models.document import Kind, Seller
from shop.pricing.amounts import divided, minor, money, shares
from shop.pricing.tax import Category, percent_words


def of_invoice(order: Order, seller: Seller, number: str, day: date) -> dict[str, Any]:
    """The whole order."""
    with override(order.language):
        taxes = [
            {"category": each.category, "percent": each.rate, "net": _text(each.net), "tax": _text(each.tax)}
            for each in order.tax_lines.all()
        ] or [{"category": Category.OUTSIDE.value, "percent": "0", "net": _text(order.total), "tax": "0"}]
        lines = [
            {
                "title": line.title,
                "sku": line.sku,
                "quantity": line.quantity,
                "unit": _text(line.unit_price),
                "discount": _text(line.discount),
                "total": _text(line.total),
                "net": _text(line.net),
                "tax": _text(line.tax),
                "category": line.tax_category,
                "percent": percent_words(line.tax_percent),
            }
            for line in order.lines.all()
        ]
        return _common(order, seller, number, day, Kind.INVOICE) | {
            "lines": [*lines, *_deliveries(order, lines, taxes)],
            "taxes": taxes,
            "adjustments": [{"title": a.title, "amount": _text(a.amount)} for a in order.adjustments.all()],
            "prices_include_tax": order.prices_include_tax,
            "net": _text(order.net),
            "tax": _text(order.tax),
            "total": _text(order.total),
        }


def of_credit_note(
    order: Order, seller: Seller, number: str, day: date, amount: Money, invoice: Document, refund: Refund
) -> dict[str, Any]:
    """What a refund takes back of an invoice: the lines that it pays for, else a part spread over the taxes.

    Each tax is worked out anew for what stands on this paper.
    """
    with override(order.language):
        lines = _reversed_lines(order, invoice, refund) if refund.amount == amount else []
        lines = lines or _spread(order, invoice, amount)
        taxes = _taxed(lines, order.currency)
        net = sum((Decimal(t["net"]) for t in taxes), Decimal(0))
        tax_total = sum((Decimal(t["tax"]) for t in taxes), Decimal(0))
        return _common(order, seller, number, day, Kind.CREDIT_NOTE) | {
            "lines": lines,
            "taxes": taxes,
            "adjustments": [],
            "prices_include_tax": True,
            "net": str(net),
            "tax": str(tax_total),
            "total": _text(amount),
            "preceding": {"number": invoice.number, "issued_on": invoice.issued_on.isoformat()},
        }


def _line(
    title: str, sku: str, quantity: int, gross: int, category: str, percent: str, currency: str
) -> dict[str, Any]:
    """A line of a credit note, with its tax inside; `gross` in minor units."""
    # One price for each piece must give the line's sum: pieces that do not divide are one line of one.
    whole = gross % quantity == 0
    return {
        "title": title if whole else f"{quantity} × {title}",
        "sku": sku,
        "quantity": quantity if whole else 1,
        "unit": _text(money(gross // quantity if whole else gross, currency)),
        "discount": "0",
        "total": _text(money(gross, currency)),
        "category": category,
        "percent": percent,
    }


def _reversed_lines(order: Order, invoice: Document, refund: Refund) -> list[dict[str, Any]]:
    """The lines of the reversal that the refund pays for, and its delivery; none where staff typed an amount."""
    reversal = Reversal.objects.filter(refund=refund).first()
    if reversal is None:
        return []
    currency = order.currency
    found = [
        _line(
            each.line.title,
            each.line.sku,
            each.quantity,
            minor(each.amount),
            each.line.tax_category,
            percent_words(each.line.tax_percent),
            currency,
        )
        for each in reversal.lines.select_related("line")
        if each.amount
    ]
    if reversal.delivery:
        sent = [line for line in invoice.content["lines"] if not line["sku"]]
        weights = [minor(Money(Decimal(line["net"]) + Decimal(line["tax"]), currency)) for line in sent]
        for line, part in zip(sent, shares(minor(reversal.delivery), weights), strict=True):
            if part:
                found.append(_line(line["title"], "", 1, part, line["category"], line["percent"], currency))
    return found


def _spread(order: Order, invoice: Document, amount: Money) -> list[dict[str, Any]]:
    """A line for each tax of the invoice, in proportion."""
    of, currency = invoice.content["taxes"], order.currency
    weights = [minor(Money(Decimal(t["net"]) + Decimal(t["tax"]), currency)) for t in of]
    title = _("Refund for order %(ref)s") % {"ref": order.ref}
    return [
        _line(title, "", 1, part, each["category"], each["percent"], currency)
        for each, part in zip(of, shares(minor(amount), weights), strict=True)
        if part
    ]


def _taxed(lines: list[dict[str, Any]], currency: str) -> list[dict[str, Any]]:
    """The taxes of these lines, worked out for each rate; each line gets its share of net and tax."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault((line["category"], line["percent"]), []).append(line)
    taxes = []
    for (category, percent), same in groups.items():
        grosses = [minor(Money(Decimal(line["total"]), currency)) for line in same]
        rate = int(Decimal(percent) * 1000)
        net = sum(grosses) - divided(sum(grosses) * rate, 100_000 + rate)
        for line, gross, part in zip(same, grosses, shares(net, grosses), strict=True):
            line["net"], line["tax"] = _text(money(part, currency)), _text(money(gross - part, currency))
        taxes.append(
            {
                "category": category,
                "percent": percent,
                "net": _text(money(net, currency)),
                "tax": _text(money(sum(grosses) - net, currency)),
            }
        )
    return taxes


def _text(amount: Any) -> str:
    return f"{amount.amount:f}"


def _common(order: Order, seller: Seller, number: str, day: date, kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "number": number,
        "issued_on": day.isoformat(),
        "currency": order.currency,
        "order": order.ref,
        "placed_on": timezone.localdate(order.placed_at).isoformat(),
        "seller": {
            "name": seller.name,
            "address": seller.address,
            "postal_code": seller.postal_code,
            "city": seller.city,
            "country": seller.country.code,
            "country_name": str(seller.country.name),
            "vat_number": seller.vat_number,
            "tax_number": seller.tax_number,
            "register": seller.register,
            "email": seller.email,
            "footer": seller.footer,
        },
        "buyer": {
            "name": order.name,
            "company": order.company,
            "address": order.address,
            "postal_code": order.postal_code,
            "city": order.city,
            "region": order.region,
            "country": order.country.code,
            "lines": order.address_lines,
            "vat_number": order.vat_number,
            "email": order.email,
        },
    }


def _deliveries(order: Order, lines: list[dict[str, Any]], taxes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The delivery as a line for each tax: what the goods leave of it."""
    found = []
    for each in taxes:
        same = [ln for ln in lines if (ln["category"], ln["percent"]) == (each["category"], each["percent"])]
        net = Decimal(each["net"]) - sum((Decimal(ln["net"]) for ln in same), Decimal(0))
        tax = Decimal(each["tax"]) - sum((Decimal(ln["tax"]) for ln in same), Decimal(0))
        if not net and not tax:
            continue
        shown = net + tax if order.prices_include_tax else net
        found.append(
            {
                "title": order.delivery_title,
                "sku": "",
                "quantity": 1,
                "unit": str(shown),
                "discount": "0",
                "total": str(shown),
                "net": str(net),
                "tax": str(tax),
                "category": each["category"],
                "percent": each["percent"],
            }
        )
    return found
