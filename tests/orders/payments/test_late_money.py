"""Money that comes when the order no longer wants it goes back: once, that payment alone, and its amount."""

import pytest

from orders.lifecycle import Actor, Status
from orders.models import Payment
from orders.payments import service as payments
from orders.payments.gateways.test.models import Refund, Session
from orders.transitions import transition
from tests.orders.payments.test_payments import hook
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def order():
    order = make_order()
    payments.start(order.ref, "http://shop/back")
    return order


def test_money_that_comes_long_after_the_cancellation_goes_back(client, order, process_all):
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    process_all()  # the cancellation was handled: nothing was paid then
    assert not Refund.objects.exists()
    hook(client, order)
    process_all()
    payment = Payment.objects.get()
    assert payment.state == Payment.State.REFUNDED
    assert Refund.objects.get().amount == payment.amount


def test_a_second_payment_goes_back_and_the_first_one_stays(client, order, process_all):
    hook(client, order)
    first = Payment.objects.get()
    second = Payment.objects.create(order=order, gateway="test", amount=first.amount)
    session = Session.objects.create(
        idempotency_key="another", ref=order.ref, amount=first.amount, return_url="http://x/", webhook_url="http://x/"
    )
    Payment.objects.filter(pk=second.pk).update(session=session.pk)
    assert "refunding" in hook(client, order, id="wh_2", session=session.pk).json()["outcome"]
    process_all()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (Payment.State.CAPTURED, Payment.State.REFUNDED)
    assert [refund.session_id for refund in Refund.objects.all()] == [session.pk]
    order.refresh_from_db()
    assert order.status == Status.PAID


def test_a_refund_that_is_tried_again_has_the_same_key_at_the_gateway(client, order):
    hook(client, order)
    for _ in range(2):
        payments.refund_payments(order)
        Payment.objects.update(state=Payment.State.CAPTURED)  # as if the shop had died before it wrote that down
    assert Refund.objects.count() == 1
