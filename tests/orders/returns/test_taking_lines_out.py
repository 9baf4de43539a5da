"""Lines are cancelled before they are sent, or paid back afterwards: the goods, the money, the order's status."""

from decimal import Decimal

import pytest
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from orders.documents import issuing
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Document, Order, Parcel, Payment, Refund, Reversal
from orders.payments import service
from orders.payments.gateways.test.gateway import TestGateway
from orders.payments.gateways.test.models import Refund as AtGateway
from orders.returns import reversals
from orders.shipping import parcels, scans
from orders.transitions import transition
from shop.catalog.models import Stock
from shop.pricing.amounts import part_of
from tests.orders.returns.conftest import eur, lines, paid
from tests.support.factories import SellerFactory

pytestmark = pytest.mark.slow


def reverse(order, *quantities, kind="cancelled", **more):
    options = {"reason": "wish", "restock": True, "actor": "staff:1"} | more
    return reversals.reverse(order.ref, lines(order, *quantities), kind=kind, **options)


def stocks():
    return [(stock.on_hand, stock.reserved) for stock in Stock.objects.order_by("pk")]


def test_a_line_pays_back_its_share_not_its_list_price(order):
    made = [reverse(order, 1, 0).refund.amount for _ in range(2)]
    assert made == [eur("3.33"), eur("3.33")]
    assert reverse(order, 1, 0).refund.amount == eur("3.34")


@given(st.integers(0, 10**9), st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_the_shares_of_all_pieces_are_the_line_whatever_goes_first(gross, pieces):
    first, shares = 0, []
    for count in pieces:
        shares.append(part_of(gross, sum(pieces), first, count))
        first += count
    assert sum(shares) == gross
    assert min(shares) >= 0


def test_what_is_cancelled_is_for_others_and_the_money_goes_back(order, process_all):
    reverse(order, 2, 0)
    process_all()
    assert stocks() == [(100, 1), (100, 1)]
    assert AtGateway.objects.get().amount == eur("6.66")
    order.refresh_from_db()
    assert (order.captured, order.refunded) == (eur("24.90"), eur("6.66"))
    assert order.state().cancelled[0].quantity == 2


def test_what_is_cancelled_because_it_is_broken_leaves_the_stock(order, process_all):
    reverse(order, 2, 0, restock=False, reason="out_of_stock")
    process_all()
    assert stocks() == [(98, 1), (100, 1)]


def test_what_is_cancelled_is_not_sent(order):
    reverse(order, 2, 0)
    parcels.send(order.ref, None, actor="staff:1")
    assert [(item.line.title, item.quantity) for item in Parcel.objects.get().items.all()] == [
        ("Thing 0", 1),
        ("Thing 1", 1),
    ]
    assert Order.objects.get().status == Status.SHIPPED


@pytest.mark.parametrize("quantities", [(4, 0), (0, 0), (0, 2)])
def test_more_than_there_is_and_nothing_are_refused(order, quantities):
    with pytest.raises(IllegalTransition):
        reverse(order, *quantities)
    assert not Reversal.objects.exists()


def test_what_was_sent_cannot_be_cancelled_and_what_was_not_cannot_be_paid_back(order):
    parcels.send(order.ref, lines(order, 2, 0), actor="staff:1")
    with pytest.raises(IllegalTransition, match="1 of “Thing 0” are there for this, not 2."):
        reverse(order, 2, 0)
    with pytest.raises(IllegalTransition, match="2 of “Thing 0” are there for this, not 3."):
        reverse(order, 3, 0, kind="paid_back")


def test_all_of_an_order_is_cancelled_as_an_order(order):
    with pytest.raises(IllegalTransition, match="cancel the order instead"):
        reverse(order, 3, 1)


def test_the_rest_of_a_partly_shipped_order_is_cancelled_and_the_order_is_where_its_parcels_are(order):
    parcels.send(order.ref, lines(order, 3, 0), actor="staff:1")
    scans.scan(Parcel.objects.get(), "delivered", timezone.now())
    reverse(order, 0, 1)
    assert Order.objects.get().status == Status.DELIVERED


def test_paid_back_without_the_goods_moves_no_stock(sent, process_all):
    process_all()
    before = stocks()
    reverse(sent, 1, 0, kind="paid_back", restock=False, reason="lost")
    process_all()
    assert stocks() == before
    assert AtGateway.objects.get().amount == eur("3.33")


def test_paid_back_with_the_goods_puts_them_back_in_stock_once(sent, process_all):
    process_all()
    reverse(sent, 1, 0, kind="paid_back")
    process_all()
    assert stocks() == [(98, 0), (99, 0)]


def test_the_delivery_goes_back_once_nothing_stays(sent):
    assert reverse(sent, 3, 0, kind="paid_back").delivery == eur(0)
    last = reverse(sent, 0, 1, kind="paid_back")
    assert (last.delivery, last.refund.amount) == (eur("4.90"), eur("14.90"))
    sent.refresh_from_db()
    assert sum((r.amount for r in Refund.objects.all()), eur(0)) == sent.total


def test_the_delivery_goes_back_once_even_if_staff_ask_twice(sent):
    assert reverse(sent, 1, 0, kind="paid_back", with_delivery=True).delivery == eur("4.90")
    assert reverse(sent, 1, 0, kind="paid_back", with_delivery=True).delivery == eur(0)


def test_a_double_click_takes_out_once(order):
    reverse(order, 1, 0, seen="0")
    with pytest.raises(IllegalTransition, match="meanwhile"):
        reverse(order, 1, 0, seen="0")
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("status", [Status.PLACED, Status.CANCELLED, Status.REFUNDED])
def test_nothing_is_taken_out_of_an_order_without_money(order, status):
    QuerySet(Order).filter(pk=order.pk).update(status=status)
    with pytest.raises(IllegalTransition, match="nothing can be taken out"):
        reverse(order, 1, 0)


def test_more_money_than_is_left_is_refused_and_nothing_is_written(order):
    Payment.objects.update(state=Payment.State.REFUNDED)
    with pytest.raises(IllegalTransition, match="No payment of this order has"):
        reverse(order, 1, 0)
    assert not Reversal.objects.exists()
    assert order.lines.first().reversed == 0


def test_what_came_by_transfer_is_returned_by_staff_who_then_say_so(order, process_all):
    Payment.objects.update(session=None, gateway="bank")
    reverse(order, 1, 0)
    process_all()
    assert Refund.objects.get().state == Refund.State.REQUESTED
    assert service.book_returned_by_hand(order.ref, "staff:1") == 1
    order.refresh_from_db()
    assert (order.refunded, order.status) == (eur("3.33"), Status.PREPARING)
    assert service.book_returned_by_hand(order.ref, "staff:1") == 0


def test_the_credit_note_has_the_lines(order, process_all):
    SellerFactory()
    issuing.issue_invoice(order.ref)
    reverse(order, 2, 0)
    process_all()
    note = Document.objects.get(kind="credit_note")
    (line,) = note.content["lines"]
    assert (line["title"], line["quantity"], line["total"]) == ("Thing 0", 2, "6.66")
    assert Decimal(line["net"]) + Decimal(line["tax"]) == Decimal("6.66")
    assert issuing.outstanding(Order.objects.get()) == eur(0)


def test_the_credit_note_of_everything_has_the_delivery(sent, process_all):
    SellerFactory()
    issuing.issue_invoice(sent.ref)
    reverse(sent, 3, 1, kind="paid_back", restock=False)
    process_all()
    note = Document.objects.get(kind="credit_note")
    assert [line["total"] for line in note.content["lines"]] == ["10.00", "10.00", "4.90"]
    assert note.total == eur("24.90")
    net = sum(Decimal(line["net"]) for line in note.content["lines"])
    assert net == Decimal(note.content["net"])
    assert issuing.outstanding(Order.objects.get()) == eur(0)


# -- Money that is only authorised ----------------------------------------------------------------


class Capturing:
    """A gateway that captures: what it was asked for."""

    def __init__(self, monkeypatch):
        self.captured, self.voided = [], []
        monkeypatch.setattr(
            TestGateway, "capture", lambda _self, session, amount, idempotency_key: self.captured.append(amount)
        )
        monkeypatch.setattr(TestGateway, "void", lambda _self, session, idempotency_key: self.voided.append(session))


def test_what_is_cancelled_before_it_is_taken_is_never_taken(db, monkeypatch, process_all):
    gateway, order = Capturing(monkeypatch), paid(3, 1, state=Payment.State.AUTHORISED)
    reverse(order, 2, 0)
    process_all()
    assert (gateway.captured, AtGateway.objects.count()) == ([], 0)
    parcels.send(order.ref, None, actor="staff:1")
    process_all()
    assert gateway.captured == [eur("18.24")]
    assert AtGateway.objects.count() == 0
    order.refresh_from_db()
    assert (order.captured - order.refunded, Refund.objects.get().state) == (eur("18.24"), "succeeded")


def test_what_is_cancelled_while_it_is_taken_goes_back(db, monkeypatch, process_all):
    """The gateway takes all of it while staff cancel a line: then the gateway returns the share."""
    gateway, order = Capturing(monkeypatch), paid(3, 1, state=Payment.State.AUTHORISED)

    def slow(_self, session, amount, idempotency_key):
        gateway.captured.append(amount)
        reverse(order, 2, 0)

    monkeypatch.setattr(TestGateway, "capture", slow)
    service.capture_payments(order.ref)
    process_all()
    assert gateway.captured == [eur("24.90")]
    assert AtGateway.objects.get().amount == eur("6.66")
    order.refresh_from_db()
    assert order.captured - order.refunded == eur("18.24")


def test_a_refund_of_money_that_is_let_go_is_done_with(db, monkeypatch, process_all):
    gateway, order = Capturing(monkeypatch), paid(3, 1, state=Payment.State.AUTHORISED)
    reverse(order, 2, 0)
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    process_all()
    order.refresh_from_db()
    assert (len(gateway.voided), gateway.captured, AtGateway.objects.count()) == (1, [], 0)
    assert (order.captured, order.refunded, order.money_problem) == (eur(0), eur(0), "")
