"""Refunds of a part: asked for by staff, carried out by a handler, booked with an event, never more than is left."""

import pytest
from djmoney.money import Money

from events.models import Event
from orders.lifecycle import IllegalTransition, Status
from orders.models import Order, Payment, Refund
from orders.payments import service as payments
from orders.payments.gateways.base import Refused
from orders.payments.gateways.test.gateway import TestGateway
from orders.payments.gateways.test.models import Refund as GatewayRefund
from tests.orders.conftest import admin_page, member_of
from tests.orders.payments.test_payments import hook
from tests.support.factories import make_order
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
EUROS = "EUR"


@pytest.fixture
def order(client):
    made = make_order()
    payments.start(made.ref, "http://shop/back")
    hook(client, made)
    made.refresh_from_db()
    return made


def ask(order, amount, currency=EUROS):
    return payments.request_refund(Payment.objects.get().pk, Money(amount, currency), "staff:1")


def test_a_part_goes_back_and_the_order_goes_on(order, process_all):
    ask(order, "4.90")
    process_all()
    order.refresh_from_db()
    assert (order.captured, order.refunded, order.status) == (
        *(Money("24.90", EUROS), Money("4.90", EUROS)),
        Status.PAID,
    )
    assert GatewayRefund.objects.get().amount == Money("4.90", EUROS)
    assert Payment.objects.get().state == "captured"
    assert Event.objects.filter(stream=order.stream).order_by("seq").last().type == "payment.refunded"


def test_the_page_says_how_much_was_returned(order, process_all):
    from orders.presentation import present

    assert present(order.state(), "en")["returned"] == ""
    ask(order, "4.90")
    process_all()
    assert present(Order.objects.get().state(), "en")["returned"] == "Returned to you: €4.90."


def test_parts_add_up_to_the_payment_and_no_further(order, process_all):
    ask(order, "20.00")
    with pytest.raises(IllegalTransition, match="€4.90 can be returned at most"):
        ask(order, "4.91")
    ask(order, "4.90")
    process_all()
    order.refresh_from_db()
    assert order.refunded == order.captured
    assert Payment.objects.get().state == "refunded"
    with pytest.raises(IllegalTransition):
        ask(order, "0.01")


def test_what_is_left_goes_back_when_the_order_ends(order, process_all):
    from orders.lifecycle import Actor
    from orders.transitions import transition

    ask(order, "4.90")
    process_all()
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    process_all()
    assert sorted(refund.amount.amount for refund in GatewayRefund.objects.all()) == [Money("4.90", EUROS).amount, 20]
    assert Order.objects.get().refunded == Money("24.90", EUROS)
    assert Order.objects.get().status == Status.REFUNDED


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("0", EUROS, "at most"),
        ("-1", EUROS, "at most"),
        ("24.91", EUROS, "at most"),
        ("5", "USD", "was in EUR"),
    ],
)
def test_a_wrong_amount_is_refused_in_words_and_nothing_is_written(order, amount, currency, said):
    with pytest.raises(IllegalTransition, match=said):
        ask(order, amount, currency)
    assert not Refund.objects.exists()


def test_money_that_came_past_the_gateways_is_returned_by_people_who_then_say_so(order, process_all):
    Payment.objects.update(session=None)
    ask(order, "1")
    process_all()
    assert Refund.objects.get().state == Refund.State.REQUESTED
    payments.book_returned_by_hand(order.ref, "staff:1")
    order.refresh_from_db()
    assert (Refund.objects.get().state, order.refunded.amount) == (Refund.State.SUCCEEDED, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_who_return_everything_at_once_one_does(client):
    made = make_order()
    payments.start(made.ref, "http://shop/back")
    hook(client, made)

    def clerk():
        try:
            ask(made, "24.90")
        except IllegalTransition:
            return 0
        return 1

    assert sum(at_once(*[clerk] * 4)) == 1
    assert Refund.objects.count() == 1


def test_a_refund_that_the_gateway_refuses_looks_refused_and_can_be_tried_again(
    order, process_all, monkeypatch, client
):
    def refuse(self, **_):
        raise Refused("the card was closed")

    with monkeypatch.context() as patched:
        patched.setattr(TestGateway, "refund", refuse)
        ask(order, "4.90")
        process_all()
    order.refresh_from_db()
    assert (order.money_problem, order.refunded) == ("refund_failed", Money(0, EUROS))
    assert Refund.objects.get().detail == "the card was closed"
    client.force_login(member_of("Manager"))
    page = client.get(admin_page(order)).content.decode()
    assert "A refund failed." in page
    assert "the card was closed" in page
    ask(order, "4.90")
    process_all()
    order.refresh_from_db()
    assert (order.money_problem, order.refunded) == ("", Money("4.90", EUROS))


def test_the_counter_returns_a_part_by_a_form(order, process_all, client):
    client.force_login(member_of("Manager"))
    address = f"{admin_page(order).removesuffix('change/')}refund/{Payment.objects.get().pk}/"
    assert "is being returned" in client.post(address, {"amount": "4,90"}, follow=True).content.decode()
    for amount, said in (
        ("x", "no amount of EUR"),
        ("1.005", "no amount of EUR"),
        ("99", "at most"),
        ("", "no amount"),
    ):
        assert said in client.post(address, {"amount": amount}, follow=True).content.decode()
    process_all()
    assert Order.objects.get().refunded == Money("4.90", EUROS)


def test_who_may_not_refund_cannot_and_a_strange_payment_is_not_found(order, client):
    address = f"{admin_page(order).removesuffix('change/')}refund/{Payment.objects.get().pk}/"
    client.force_login(member_of("Fulfilment"))
    assert client.post(address, {"amount": "1"}).status_code == 403
    client.force_login(member_of("Manager"))
    assert client.post(address.replace(f"/{Payment.objects.get().pk}/", "/99999/"), {"amount": "1"}).status_code == 404
    assert not Refund.objects.exists()
