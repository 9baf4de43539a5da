"""A webhook that never comes: the gateway is asked before the order expires, and when staff press the button."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.delivery import registry
from events.delivery.processing import process
from events.models import Delivery, Event
from orders.lifecycle import Status
from orders.models import Order, Payment
from orders.payments import service as payments
from orders.payments.gateways.test.gateway import TestGateway
from orders.payments.gateways.test.models import Session
from tests.orders.conftest import admin_page, member_of
from tests.orders.payments.test_payments import hook
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def order():
    made = make_order()
    payments.start(made.ref, "http://shop/back")
    return made


def paid_there(result="succeeded"):
    """The gateway has the money, and its webhook got lost."""
    from django.db.models import QuerySet

    QuerySet(Session).update(state=result)


def expire(order):
    Delivery.objects.filter(handler="orders.expire").update(due_at=timezone.now() - timedelta(seconds=1))
    process(registry.get("orders.expire"), order.stream)
    return Order.objects.get(pk=order.pk).status


def test_an_order_whose_webhook_got_lost_is_paid_and_does_not_expire(order):
    paid_there()
    assert expire(order) == Status.PAID
    assert Payment.objects.get().state == "captured"


@pytest.mark.parametrize("result", ["open", "failed", "confirming"])
def test_an_order_that_nobody_paid_expires(order, result):
    paid_there(result)
    assert expire(order) == Status.CANCELLED


def test_a_gateway_that_does_not_answer_keeps_no_order_waiting(order, monkeypatch):
    def away(self, session):
        raise ConnectionError("away")

    monkeypatch.setattr(TestGateway, "ask", away)
    assert expire(order) == Status.CANCELLED


def test_the_webhook_that_comes_after_the_answer_changes_nothing(order, client):
    paid_there()
    assert payments.ask(order.ref) == ["paid"]
    assert hook(client, order).json()["outcome"] == "was completed before"
    assert Event.objects.filter(stream=order.stream, type="order.paid").count() == 1
    assert payments.ask(order.ref) == []


def test_staff_ask_by_a_button(order, client):
    address = f"{admin_page(order).removesuffix('change/')}ask/"
    client.force_login(member_of("Fulfilment"))
    assert client.post(address).status_code == 403
    client.force_login(member_of("Manager"))
    assert "Ask the gateway" in client.get(admin_page(order)).content.decode()
    assert "knows of nothing new" in client.post(address, follow=True).content.decode()
    paid_there()
    client.post(address)
    assert Order.objects.get().status == Status.PAID


def test_a_gateway_that_cannot_be_asked_says_so(order, client, monkeypatch):
    def away(self, session):
        raise ConnectionError("no route")

    monkeypatch.setattr(TestGateway, "ask", away)
    client.force_login(member_of("Manager"))
    address = f"{admin_page(order).removesuffix('change/')}ask/"
    assert "could not be asked: no route" in client.post(address, follow=True).content.decode()
