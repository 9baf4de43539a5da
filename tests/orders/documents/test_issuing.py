"""Numbers without a hole, one invoice for an order, a credit note for what went back – and the books say the same."""

import random
import threading

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from djmoney.money import Money
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from events.models import Event
from orders.documents import issuing
from orders.lifecycle import Actor, Status
from orders.models import Document, Order, Payment, Refund, Series
from orders.models.document import Kind
from orders.payments import service as payments
from orders.transitions import transition
from tests.orders.payments.test_payments import hook
from tests.support.factories import SellerFactory, make_document, make_order
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def paid(order=None):
    order = order or make_order()
    QuerySet(Order).filter(pk=order.pk).update(captured=order.total)
    return order


def places(kind=Kind.INVOICE):
    return sorted(Document.objects.filter(kind=kind).values_list("place", flat=True))


def test_an_order_gets_one_invoice_when_it_is_paid(seller, process_all):
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    process_all("documents.issue")
    process_all("documents.issue")
    invoice = Document.objects.get()
    assert invoice.number.startswith("INV-20")
    assert invoice.number.endswith("-00001")
    assert invoice.total == order.total
    assert issuing.issue_invoice(order.ref) == invoice
    assert Event.objects.filter(stream=order.stream).order_by("seq").last().type == "invoice.issued"


def test_invoices_can_wait_until_the_goods_have_left(seller, process_all):
    seller.moment = "shipment"
    seller.save()
    order = make_order()
    for target in (Status.PAID, Status.PREPARING):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
        process_all("documents.issue")
    assert not Document.objects.exists()
    transition(order.ref, Status.SHIPPED, by=Actor.STAFF, actor="staff:1")
    process_all("documents.issue")
    assert Document.objects.count() == 1


def test_a_shop_that_has_not_said_who_sells_writes_none(process_all):
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    process_all("documents.issue")
    assert not Document.objects.exists()


def test_an_order_that_is_not_paid_has_no_invoice(seller):
    assert issuing.issue_invoice(make_order().ref) is None


def test_a_number_that_was_rolled_back_is_the_next_ones(seller):
    with pytest.raises(RuntimeError), transaction.atomic():
        issuing.issue_invoice(paid().ref)
        raise RuntimeError
    assert issuing.issue_invoice(paid().ref).place == 1


class Numbers(TestCase):
    """Whatever is rolled back, no number is left out and none is given twice."""

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.booleans(), min_size=1, max_size=12))
    def test_there_is_no_hole_whatever_is_rolled_back(self, dies):
        SellerFactory()
        for death in dies:
            try:
                with transaction.atomic():
                    issuing.issue_invoice(paid().ref)
                    if death:
                        raise RuntimeError
            except RuntimeError:
                pass
        assert places() == list(range(1, dies.count(False) + 1))


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_of_which_some_die_get_numbers_without_a_hole():
    SellerFactory()
    orders, chance = [paid() for _ in range(20)], random.Random(18)
    dying = {order.ref for order in chance.sample(orders, 7)}

    def issue(order):
        def go():
            try:
                with transaction.atomic():
                    issuing.issue_invoice(order.ref)
                    if order.ref in dying:
                        raise RuntimeError
            except RuntimeError:
                return

        return go

    at_once(*(issue(order) for order in orders))
    assert places() == list(range(1, 14))
    assert Series.objects.get().last == 13


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_documents_want_one_number(monkeypatch):
    """The negative control: the database refuses the second one, and its order has no invoice.

    (On SQLite a transaction that writes is a lock of its own.)
    """
    SellerFactory()
    orders, barrier, read = [paid(), paid()], threading.Barrier(2), Series.save

    def both_have_read(self, *args, **options):
        if connection.vendor == "postgresql" and self.pk:
            barrier.wait(20)
        return read(self, *args, **options)

    Series.objects.create(kind=Kind.INVOICE, year=issuing.timezone.localdate().year)
    monkeypatch.setattr(Series, "save", both_have_read)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)

    def issue(order):
        def go():
            try:
                return bool(issuing.issue_invoice(order.ref))
            except Exception:
                return False

        return go

    expected = [True] if connection.vendor == "postgresql" else [True, True]
    assert [done for done in at_once(*(issue(order) for order in orders)) if done] == expected


# -- Credit notes ----------------------------------------------------------------------------------


@pytest.fixture
def order(client, seller, process_all):
    made = make_order()
    payments.start(made.ref, "http://shop/back")
    hook(client, made)
    process_all("documents.issue")
    made.refresh_from_db()
    return made


def refund(amount):
    payments.request_refund(Payment.objects.get(gateway="test").pk, Money(amount, "EUR"), "staff:1")


def said(order):
    """Invoiced − credited."""
    total = Money(0, "EUR")
    for document in order.documents.all():
        total += document.total if document.kind == Kind.INVOICE else -document.total
    return total


def test_each_refund_has_a_credit_note_of_its_amount(order, process_all):
    refund("4.90")
    process_all()
    refund("10.00")
    process_all()
    notes = Document.objects.filter(kind=Kind.CREDIT_NOTE).order_by("place")
    assert [(note.place, note.total.amount) for note in notes] == [(1, Money("4.90", "EUR").amount), (2, 10)]
    assert [note.content["preceding"]["number"] for note in notes] == [Document.objects.get(kind="invoice").number] * 2
    order.refresh_from_db()
    assert said(order) == order.captured - order.refunded


def test_a_cancelled_order_is_credited_as_a_whole(order, process_all):
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    process_all()
    order.refresh_from_db()
    assert said(order) == Money(0, "EUR") == order.captured - order.refunded
    assert [paper["kind"] for paper in order.papers] == ["invoice", "credit_note"]


def test_a_second_payment_that_goes_back_was_never_on_an_invoice(order, client, process_all):
    from orders.payments.gateways.test.models import Session

    second = Payment.objects.create(order=order, gateway="test", amount=order.total)
    session = Session.objects.create(
        idempotency_key="x", ref=order.ref, amount=order.total, return_url="http://x/", webhook_url="http://x/"
    )
    Payment.objects.filter(pk=second.pk).update(session=session.pk)
    hook(client, order, id="wh_2", session=session.pk)
    process_all()
    assert Refund.objects.get().state == "succeeded"
    assert Document.objects.count() == 1
    order.refresh_from_db()
    assert said(order) == order.captured - order.refunded


def test_a_refund_that_failed_has_no_credit_note(order, monkeypatch, process_all):
    from orders.payments.gateways.base import Refused
    from orders.payments.gateways.test.gateway import TestGateway

    def refuse(self, **_):
        raise Refused("no")

    monkeypatch.setattr(TestGateway, "refund", refuse)
    refund("4.90")
    process_all()
    assert Document.objects.count() == 1


def test_a_document_is_never_changed_or_deleted(admin_client):
    from django.db.models import ProtectedError

    document = make_document(make_order())
    with pytest.raises(ProtectedError):
        document.order.delete()
    page = f"/admin/orders/document/{document.pk}/"
    assert admin_client.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert Document.objects.exists()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"vat_number": "DE136695977"}, "vat_number"),
        ({"vat_number": "", "tax_number": ""}, "tax_number"),
        ({"invoice_prefix": "A/"}, "invoice_prefix"),
        ({"invoice_prefix": "X-", "credit_note_prefix": "X-"}, "credit_note_prefix"),
    ],
)
def test_a_seller_that_no_invoice_can_name_is_refused(fields, named):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError) as refused:
        SellerFactory.build(**fields).full_clean()
    assert named in refused.value.message_dict


def test_there_is_one_seller(seller, admin_client):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="a seller already"):
        SellerFactory.build().full_clean()
    assert admin_client.get("/admin/orders/seller/add/").status_code == 403
