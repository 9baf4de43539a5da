"""What is wrong with an order's money is seen by staff, and dealt with by one button."""

import pytest
from django.core import mail
from django.urls import reverse

from orders.lifecycle import Actor, Status
from orders.models import Order, Payment, Refund
from orders.payments.gateways import base
from orders.payments.gateways.test.gateway import TestGateway
from orders.returns import reversals
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of
from tests.orders.payments.test_payments import hook
from tests.orders.returns.conftest import lines, paid
from tests.support.factories import make_order

pytestmark = pytest.mark.slow


@pytest.fixture
def staff(client, db):
    client.force_login(member_of("Manager"))
    return client


def press(client, order, name, *args):
    return client.post(reverse(f"admin:orders_order_{name}", args=[order.pk, *args]), follow=True)


@pytest.fixture
def failed(staff, monkeypatch, process_all):
    """A refund that the gateway refused, and accepts from now on."""
    order = paid(3, 1)

    def refuse(_self, **_more):
        raise base.Refused("the card is closed")

    with monkeypatch.context() as patched:
        patched.setattr(TestGateway, "refund", refuse)
        reversals.reverse(order.ref, lines(order, 1, 0), kind="cancelled", reason="wish", restock=True, actor="staff:1")
        process_all()
    return order


def test_a_refund_that_failed_is_tried_again_by_one_button(staff, failed, process_all):
    page = staff.get(admin_page(failed)).content.decode()
    assert "A refund failed." in page
    assert "the card is closed" in page
    press(staff, failed, "again", Refund.objects.get().pk)
    process_all()
    assert [refund.state for refund in Refund.objects.all()] == ["failed", "succeeded"]
    assert Order.objects.get().money_problem == ""


def test_a_refund_that_did_not_fail_is_not_tried_again(staff, failed, process_all):
    press(staff, failed, "again", Refund.objects.get().pk)
    process_all()
    page = press(staff, failed, "again", Refund.objects.latest("pk").pk).content.decode()
    assert "This refund did not fail." in page
    assert Refund.objects.count() == 2


def test_a_refund_of_another_order_is_not_found(staff, failed):
    other = make_order()
    assert press(staff, other, "again", Refund.objects.get().pk).status_code == 404


def test_a_problem_that_was_dealt_with_is_gone_from_the_queue(staff, failed):
    press(staff, failed, "looked_at")
    assert Order.objects.get().money_problem == ""
    version = Order.objects.get().version
    press(staff, failed, "looked_at")
    assert Order.objects.get().version == version


def test_a_webhook_with_another_amount_is_a_problem_that_staff_see(staff, client):
    from orders.payments import service

    order = make_order()
    service.start(order.ref, "http://shop/back")
    hook(client, order, minor=1)
    order.refresh_from_db()
    assert (order.money_problem, order.status) == ("amount", Status.PLACED)
    assert "tells of another amount" in staff.get(admin_page(order)).content.decode()


def test_a_link_to_pay_goes_by_mail(staff, process_all):
    order = make_order()
    process_all()
    mail.outbox.clear()
    press(staff, order, "payment_link")
    process_all()
    assert mail.outbox[0].subject == f"A link to pay for order {order.ref}"
    assert "Pay here" in mail.outbox[0].body
    assert "Pay now" in mail.outbox[0].alternatives[0][0]


def test_no_link_goes_for_an_order_that_waits_for_no_money(staff, process_all):
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    process_all()
    mail.outbox.clear()
    assert "does not wait for a payment" in press(staff, order, "payment_link").content.decode()
    process_all()
    assert not mail.outbox


def test_the_mail_of_a_transfer_says_where_the_money_goes(db, process_all, settings):
    from orders.payments import service

    order = make_order(gateway="bank")
    service.start(order.ref, "http://shop/back", "bank")
    service.send_link(order.ref, "staff:1")
    process_all()
    body = mail.outbox[-1].body
    assert "DE02 1203 0000 0000 2020 51" in body
    assert "Pay here" not in body
    assert Payment.objects.get().gateway == "bank"


@pytest.mark.parametrize("name", ["payment_link", "looked_at"])
def test_packers_solve_nothing(client, db, name):
    order = make_order()
    client.force_login(member_of("Fulfilment"))
    assert press(client, order, name).status_code == 403
