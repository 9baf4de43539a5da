"""Payments: what a webhook does, once, and what it must not do."""

import json
import time

import pytest

from events.models import Event
from orders.lifecycle import Actor, Status
from orders.models import Order, Payment, WebhookEvent
from orders.payments import service as payments
from orders.payments.gateways.test.gateway import SIGNATURE, sign
from orders.payments.gateways.test.models import Refund, Session
from orders.transitions import transition
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db
URL = "/payments/test/webhook/"


@pytest.fixture
def order():
    order = make_order()
    payments.start(order.ref, "http://shop/back")
    return order


def hook(client, order, *, at=None, signature=None, raw=None, **changes):
    session = Session.objects.filter(ref=order.ref).latest("created").pk
    body = {"id": "wh_1", "session": session, "result": "succeeded", "minor": 2490, "currency": "EUR"} | changes
    payload = raw if raw is not None else json.dumps(body).encode()
    header = signature if signature is not None else sign(payload, int(at or time.time()))
    return client.post(URL, payload, "application/json", headers={SIGNATURE: header})


def status(order):
    return Order.objects.get(pk=order.pk).status


def test_a_payment_that_succeeded_makes_the_order_paid(client, order):
    response = hook(client, order)
    assert (response.status_code, response.json()["outcome"]) == (200, "paid")
    assert status(order) == Status.PAID
    assert Payment.objects.get().state == Payment.State.CAPTURED


def test_a_webhook_sent_twice_counts_once(client, order):
    hook(client, order)
    again = hook(client, order)
    assert again.status_code == 200
    assert "repeated" in again.json()["outcome"]
    assert Event.objects.filter(stream=order.stream, type="order.paid").count() == 1
    assert WebhookEvent.objects.get().times == 2


def test_the_same_result_under_another_id_counts_once(client, order):
    hook(client, order)
    assert hook(client, order, id="wh_2").status_code == 200
    assert Event.objects.filter(stream=order.stream, type="order.paid").count() == 1


def test_a_declined_card_lets_the_shopper_pay_again(client, order):
    hook(client, order, result="failed", detail="The card was declined.")
    assert status(order) == Status.PAYMENT_FAILED
    payments.start(order.ref, "http://shop/back")
    hook(client, order, id="wh_2")
    assert status(order) == Status.PAID


def test_a_late_refusal_does_not_undo_a_payment(client, order):
    first = Session.objects.get().pk
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    hook(client, order, result="failed", session=first)
    assert status(order) == Status.PAID


def test_money_for_a_cancelled_order_goes_back(client, order, process_all):
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    assert "refunding" in hook(client, order).json()["outcome"]
    process_all()
    assert Payment.objects.get().state == Payment.State.REFUNDED
    assert Refund.objects.count() == 1
    assert status(order) == Status.REFUNDED


@pytest.mark.parametrize(
    "signature",
    ["", "nonsense", "t=1,v1=00", "t=1,v1=ü", "t=abc,v1=00", "t=99999999999999999999,v1=00", "v1=00"],
)
def test_a_wrong_signature_is_refused_and_changes_nothing(client, order, signature):
    response = hook(client, order, signature=signature)
    assert response.status_code == 401
    assert "error" in response.json()
    assert status(order) == Status.PLACED
    assert WebhookEvent.objects.count() == 0


def test_an_old_signature_is_refused(client, order):
    assert hook(client, order, at=time.time() - 3600).status_code == 401


def test_a_body_changed_after_signing_is_refused(client, order):
    signature = sign(b"{}", int(time.time()))
    assert hook(client, order, signature=signature).status_code == 401


def test_an_unknown_payment_is_said_and_kept(client, order):
    response = hook(client, order, session="tg_nobody")
    assert response.status_code == 404
    assert WebhookEvent.objects.get().outcome == "unknown payment"


def test_an_amount_that_differs_pays_nothing_and_is_kept(client, order):
    assert hook(client, order, minor=1).status_code == 422
    assert hook(client, order, id="wh_2", currency="USD").status_code == 422
    assert status(order) == Status.PLACED
    assert set(WebhookEvent.objects.values_list("outcome", flat=True)) == {"the amount differs"}


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b'{"id": 7}', b"\xff\xfe"])
def test_a_signed_body_that_makes_no_sense_is_said(client, order, raw):
    assert hook(client, order, raw=raw).status_code == 422


def test_another_gateways_address_does_not_exist(client, order):
    assert client.post("/payments/nobody/webhook/", b"{}", "application/json").status_code == 404


def test_a_webhook_only_takes_posts(client, order):
    assert client.get(URL).status_code == 405


def test_an_order_that_does_not_wait_for_money_starts_no_payment(order):
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    with pytest.raises(payments.IllegalTransition):
        payments.start(order.ref, "http://shop/back")


def test_pressing_pay_twice_goes_on_with_the_same_session(order):
    first = payments.start(order.ref, "http://shop/back")
    assert payments.start(order.ref, "http://shop/back") == first
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("number", "result"),
    [("4242 4242 4242 4242", "succeeded"), ("4000-0000-0000-0002", "failed")],
)
def test_the_hosted_page_knows_its_cards(client, order, number, result):
    session = Session.objects.get()
    response = client.post(f"/gateway/test/{session.pk}/", {"number": number})
    assert response["Location"] == "http://shop/back"
    session.refresh_from_db()
    assert session.state == result


def test_the_third_card_asks_first(client, order):
    session = Session.objects.get()
    url = f"/gateway/test/{session.pk}/"
    client.post(url, {"number": "4000000000003220"})
    assert b"Confirm payment" in client.get(url).content
    client.post(url, {"answer": "confirm"})
    session.refresh_from_db()
    assert session.state == "succeeded"


@pytest.mark.parametrize("number", ["", "1234", "4111 1111 1111 1111", "x" * 31])
def test_another_card_is_refused_in_words(client, order, number):
    response = client.post(f"/gateway/test/{Session.objects.get().pk}/", {"number": number})
    assert response.status_code == 422
    assert b"errorlist" in response.content


def test_pressing_the_third_cards_button_twice_is_no_refusal(client, order):
    session = Session.objects.get()
    url = f"/gateway/test/{session.pk}/"
    client.post(url, {"number": "4000000000003220"})
    client.post(url, {"number": "4000000000003220"})
    session.refresh_from_db()
    assert session.state == "confirming"
