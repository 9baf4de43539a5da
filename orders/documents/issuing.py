"""Give numbers: the verbs that issue an invoice and a credit note.

The row of the series is locked in the transaction that stores the document. So there is no hole and no double, whatever
dies: a number that was rolled back is the next one's. The order is locked first, then the series, everywhere.
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from orders.documents import content
from orders.domain_events import CreditNoteIssued, InvoiceIssued
from orders.models import Document, Order, Refund
from orders.models.document import Kind, Seller, Series
from orders.transitions import locked


def issue_invoice(ref: str) -> Document | None:
    """The invoice of an order whose money has come; the one that there is, if there is one.

    None while the shop has not said who sells, or the money is not there.
    """
    with transaction.atomic():
        seller = Seller.objects.first()
        order = locked(ref)
        found = order.documents.filter(kind=Kind.INVOICE).first()
        if found or seller is None or order.captured < order.total or not order.total:
            return found
        year, place, number, day = _next(Kind.INVOICE, seller.invoice_prefix)
        made = Document.objects.create(
            kind=Kind.INVOICE,
            year=year,
            place=place,
            number=number,
            order=order,
            total=order.total,
            language=order.language,
            issued_on=day,
            content=content.of_invoice(order, seller, number, day),
        )
        _tell(order, made, InvoiceIssued)
        return made


def waits_for_shipment() -> bool:
    """Whether invoices are written when the goods have left, and not when they are paid."""
    seller = Seller.objects.first()
    return seller is not None and seller.moment == Seller.Moment.SHIPMENT


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
        year, place, number, day = _next(Kind.CREDIT_NOTE, seller.credit_note_prefix)
        made = Document.objects.create(
            kind=Kind.CREDIT_NOTE,
            year=year,
            place=place,
            number=number,
            order=order,
            refund=row,
            total=amount,
            language=order.language,
            issued_on=day,
            content=content.of_credit_note(order, seller, number, day, amount, invoice),
        )
        _tell(order, made, CreditNoteIssued)
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


def _tell(order: Order, document: Document, event: type[InvoiceIssued] | type[CreditNoteIssued]) -> None:
    order.papers = [*order.papers, {"kind": document.kind, "number": document.number}]
    order.record(event(**order.facts("system"), document=document.pk, number=document.number))
    order.save(update_fields=["papers"])
