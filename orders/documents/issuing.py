"""Give numbers: the verbs that issue an invoice and a credit note.

The row of the series is locked in the transaction that stores the document. So there is no hole and no double, whatever
dies: a number that was rolled back is the next one's. The order is locked first, then the series, everywhere.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from orders.documents import content
from orders.domain_events import CreditNoteIssued, InvoiceIssued
from orders.locking import locked
from orders.models import Document, Order, Refund
from orders.models.document import Kind, Seller, Series


def issue_invoice(ref: str, *, shipped: bool = True) -> Document | None:
    """The invoice of an order whose money has come; the one that there is, if there is one.

    None while the shop has not said who sells, while the money is not there, or while the goods have not left
    (`shipped`) and the seller wants to wait for that.
    """
    with transaction.atomic():
        seller = Seller.objects.first()
        order = locked(ref)
        found = order.documents.filter(kind=Kind.INVOICE).first()
        if found or seller is None or order.captured < order.total or not order.total:
            return found
        if seller.moment == Seller.Moment.SHIPMENT and not shipped:
            return None
        return _issue(
            order,
            Kind.INVOICE,
            seller.invoice_prefix,
            lambda number, day: content.of_invoice(order, seller, number, day),
            total=order.total,
        )


def issue_credit_note(refund: int) -> Document | None:
    """What a refund takes back of the invoice; the one that there is, if there is one.

    None where there is no invoice, or the money that went back was never on it, such as a second payment.
    """
    with transaction.atomic():
        row = Refund.objects.select_related("payment__order").get(pk=refund)
        order = locked(row.payment.order.ref)
        found = Document.objects.filter(refund=row).first()
        seller, invoice = Seller.objects.first(), order.documents.filter(kind=Kind.INVOICE).first()
        if found or seller is None or invoice is None or row.state != Refund.State.SUCCEEDED:
            return found
        amount = min(row.amount, outstanding(order))
        if not amount or amount.amount < 0:
            return None
        return _issue(
            order,
            Kind.CREDIT_NOTE,
            seller.credit_note_prefix,
            lambda number, day: content.of_credit_note(order, seller, number, day, amount, invoice, row),
            total=amount,
            refund=row,
        )


EVENTS = {Kind.INVOICE: InvoiceIssued, Kind.CREDIT_NOTE: CreditNoteIssued}


def _issue(
    order: Order, kind: Kind, prefix: str, written: Callable[[str, date], dict[str, Any]], **fields: Any
) -> Document:
    """Give it the next number, store what stands on it, and tell."""
    year, place, number, day = _next(kind, prefix)
    made = Document.objects.create(
        kind=kind,
        year=year,
        place=place,
        number=number,
        order=order,
        language=order.language,
        issued_on=day,
        content=written(number, day),
        **fields,
    )
    order.papers = [*order.papers, {"kind": kind.value, "number": number}]
    order.record(EVENTS[kind](**order.facts("system"), document=made.pk, number=number))
    order.save(update_fields=["papers"])
    return made


def outstanding(order: Order) -> Any:
    """How much more the documents say than the shop has: invoiced − credited − (captured − refunded)."""
    zero = order.total * 0
    said = zero
    for document in order.documents.all():
        said += document.total if document.kind == Kind.INVOICE else -document.total
    return said - (order.captured - order.refunded)


def _next(kind: Kind, prefix: str) -> tuple[int, int, str, date]:
    day = timezone.localdate()
    Series.objects.get_or_create(kind=kind, year=day.year)
    series = Series.objects.select_for_update().get(kind=kind, year=day.year)
    series.last += 1
    series.save(update_fields=["last"])
    return day.year, series.last, f"{prefix}{day.year}-{series.last:05}", day
