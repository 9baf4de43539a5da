"""Refunds: at the gateway that took the money, booked when it accepted them, and tried again until then."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from events.delivery import registry
from events.delivery.processing import process
from events.models import Delivery
from orders.lifecycle import Actor, Status
from orders.models import Order, Payment
from orders.models import Refund as OurRefund
from orders.payments import service as payments
from orders.payments.gateways import base
from orders.payments.gateways.base import HostedSession, PaymentGateway, PaymentUpdate, Result
from orders.payments.gateways.test.gateway import TestGateway
from orders.payments.gateways.test.models import Refund
from orders.transitions import transition
from tests.orders.conftest import admin_page
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


class OtherGateway(PaymentGateway):
    """A second payment company: it keeps what it was told, and confirms a payment by an unsigned webhook."""

    name = "other"
    is_test = True
    origin = "https://other.example"
    refunds: list[tuple[str, str]] = []  # noqa: RUF012 - the loader makes one object for a path; tests read it by the class

    def open(self, *, ref, amount, return_url, webhook_url, idempotency_key):
        return HostedSession(f"other_{ref}", "https://other.example/pay")

    def parse(self, headers, body):
        return PaymentUpdate("n1", body.decode(), Result.SUCCEEDED, Order.objects.get().total)

    def refund(self, *, session, amount, idempotency_key):
        self.refunds.append((session, idempotency_key))


OTHER = f"{__name__}.OtherGateway"


@pytest.fixture(autouse=True)
def _no_refunds():
    OtherGateway.refunds.clear()


def paid(order, gateway=None):
    payments.start(order.ref, "http://shop/back")
    Payment.objects.filter(order=order, state="open").update(state=Payment.State.CAPTURED)
    return transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:x")


def try_refund(order):
    """As a worker does when the delivery is due."""
    Delivery.objects.filter(handler="payments.refund").update(due_at=timezone.now() - timedelta(seconds=1))
    process(registry.get("payments.refund"), order.stream)


@pytest.fixture
def down(monkeypatch):
    """The test gateway refuses refunds until it is told otherwise; the calls that it got."""
    calls, accept = [], TestGateway.refund

    def refuse(self, **call):
        calls.append(call)
        if down.answers:
            return accept(self, **call)
        raise ConnectionError("the gateway is away")

    down = type("Down", (), {"calls": calls, "answers": False})
    monkeypatch.setattr(TestGateway, "refund", refuse)
    return down


@pytest.mark.parametrize("end", [Status.CANCELLED, Status.REFUNDED])
def test_a_gateway_that_is_down_is_asked_again_and_nothing_is_booked_before_it_accepts(down, staff, end):
    order = paid(make_order())
    transition(order.ref, end, by=Actor.STAFF, actor="staff:1")
    for attempt in (1, 2):
        try_refund(order)
        assert len(down.calls) == attempt
        assert Payment.objects.get().state == Payment.State.CAPTURED
        assert Order.objects.get(pk=order.pk).status == end
        delivery = Delivery.objects.get(handler="payments.refund", seq=3)
        assert (delivery.acknowledged_at, delivery.attempts) == (None, attempt)
        assert "which has not accepted it yet" in staff.get(admin_page(order)).content.decode()
    down.answers = True
    try_refund(order)
    assert Payment.objects.get().state == Payment.State.REFUNDED
    assert Refund.objects.get().amount == order.total
    assert Order.objects.get(pk=order.pk).status == Status.REFUNDED
    assert len({call["idempotency_key"] for call in down.calls}) == 1
    assert "which has not accepted it yet" not in staff.get(admin_page(order)).content.decode()


def test_the_row_is_not_booked_while_the_gateway_is_being_asked(monkeypatch):
    order = paid(make_order())
    transition(order.ref, Status.REFUNDED, by=Actor.STAFF, actor="staff:1")
    seen = []
    monkeypatch.setattr(TestGateway, "refund", lambda self, **call: seen.append(Payment.objects.get().state))
    try_refund(order)
    assert seen == [Payment.State.CAPTURED]
    assert Payment.objects.get().state == Payment.State.REFUNDED


def test_a_refund_that_was_made_and_not_booked_is_made_once(monkeypatch):
    """The process dies after the gateway's answer; then another event asks for the same refund."""
    order = paid(make_order())
    payment = Payment.objects.get()
    row = OurRefund.objects.create(payment=payment, amount=payment.amount)
    TestGateway().refund(session=payment.session, amount=payment.amount, idempotency_key=row.idempotency_key)
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    transition(order.ref, Status.REFUNDED, by=Actor.STAFF, actor="staff:1")
    try_refund(order)
    assert Refund.objects.count() == 1
    assert Payment.objects.get().state == Payment.State.REFUNDED


def test_a_payment_is_refunded_by_the_gateway_that_took_it(settings, process_all):
    order = paid(make_order())
    settings.PAYMENT_GATEWAYS = [OTHER]
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    process_all("payments.refund")
    assert OtherGateway.refunds == []
    assert Refund.objects.count() == 1
    assert Payment.objects.get().state == Payment.State.REFUNDED


def test_one_gateway_that_is_down_does_not_stop_the_refund_at_another(settings, monkeypatch, down):
    order = paid(make_order())
    Payment.objects.create(order=order, gateway="other", session="o1", amount=order.total, state="captured")
    settings.PAYMENT_GATEWAYS = [OTHER]
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    try_refund(order)
    assert dict(Payment.objects.values_list("gateway", "state")) == {"test": "captured", "other": "refunded"}
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED
    down.answers = True
    try_refund(order)
    assert set(Payment.objects.values_list("state", flat=True)) == {"refunded"}
    assert len(OtherGateway.refunds) == 1
    assert Order.objects.get(pk=order.pk).status == Status.REFUNDED


def test_a_payment_of_a_gateway_that_was_taken_out_waits_and_is_not_booked():
    order = paid(make_order())
    Payment.objects.update(gateway="gone")
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    try_refund(order)
    assert Payment.objects.get().state == Payment.State.CAPTURED
    assert "no payment gateway named gone" in Delivery.objects.get(handler="payments.refund", seq=3).last_error


def test_the_whole_amount_of_each_payment_is_refunded(down):
    down.answers = True
    order = paid(make_order())
    transition(order.ref, Status.REFUNDED, by=Actor.STAFF, actor="staff:1")
    try_refund(order)
    assert [(call["amount"], call["session"]) for call in down.calls] == [(order.total, Payment.objects.get().session)]


def test_webhooks_of_every_installed_gateway_are_accepted(client, settings):
    """Payments began at one gateway, and the shop now begins new ones at another: both are heard."""
    from tests.orders.payments.test_payments import hook

    order = make_order()
    payments.start(order.ref, "http://shop/back")
    settings.PAYMENT_GATEWAYS = [OTHER]
    assert hook(client, order).json()["outcome"] == "paid"
    assert Order.objects.get(pk=order.pk).status == Status.PAID
    assert client.post("/payments/nobody/webhook/", b"{}", "application/json").status_code == 404


def test_a_gateway_is_installed_by_its_app(client, settings, monkeypatch):
    order = make_order()
    assert client.post("/payments/other/webhook/", b"x", "text/plain").status_code == 404
    monkeypatch.setattr(apps.get_app_config("probe"), "gateway", OTHER, raising=False)
    Payment.objects.create(order=order, gateway="other", session="o1", amount=order.total)
    assert client.post("/payments/other/webhook/", b"o1", "text/plain").json()["outcome"] == "paid"
    assert base.named("test").name == "test"


def test_a_gateway_does_not_speak_for_a_payment_of_another(client, settings):
    order = make_order()
    payments.start(order.ref, "http://shop/back")
    settings.PAYMENT_GATEWAYS = [OTHER]
    session = Payment.objects.get().session.encode()
    assert client.post("/payments/other/webhook/", session, "text/plain").status_code == 404
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
