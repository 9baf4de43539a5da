"""Stripe: sessions, webhooks, capture, refunds and disputes, against a company that speaks its API."""

import os
import random
import time

import pytest
import stripe
from django.db.models import QuerySet
from djmoney.money import Money

from orders.lifecycle import Actor, Status
from orders.models import Order, Payment, Refund, WebhookEvent
from orders.payments import service as payments
from orders.payments.gateways import base
from orders.payments.gateways.stripe.amounts import NotPayable, from_stripe, to_stripe
from orders.payments.gateways.stripe.gateway import Stripe
from orders.transitions import transition
from tests.support import stripe_company
from tests.support.factories import make_order
from tests.support.stripe_company import KEY, SECRET, signed

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
# 1,000 take a minute.
PURCHASES = int(os.environ.get("PURCHASES", "150"))
PATH = "orders.payments.gateways.stripe.gateway.Stripe"


@pytest.fixture
def company(settings):
    with stripe_company.running() as running:
        settings.PAYMENT_GATEWAYS = [PATH]
        settings.STRIPE_URL, settings.STRIPE_SECRET_KEY = running.address, KEY
        settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_CAPTURE = SECRET, "at_once"
        yield running


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    """Stripe's library waits before it tries again."""
    monkeypatch.setattr(stripe._http_client.HTTPClient, "_sleep_time_seconds", lambda *_, **__: 0.0)


def begin(order):
    return payments.start(order.ref, "https://shop.example/back")


def session_of(order):
    return Payment.objects.get(order=order).session


def post(client, event, **how):
    body, signature = signed(event, **how)
    return client.post("/payments/stripe/webhook/", body, "application/json", headers={"Stripe-Signature": signature})


def status(order):
    return Order.objects.get(pk=order.pk).status


def test_a_shopper_is_sent_to_the_hosted_page_and_its_webhook_pays_the_order(company, client):
    order = make_order()
    assert begin(order) == f"{company.address}/pay/{session_of(order)}"
    assert company.sessions[session_of(order)]["amount_total"] == 2490
    answer = post(client, company.pay(session_of(order)))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "paid")
    order.refresh_from_db()
    assert (order.status, order.captured) == (Status.PAID, Money("24.90", "EUR"))


def test_pay_now_pressed_again_goes_on_with_the_same_session(company):
    order = make_order()
    assert begin(order) == begin(order)
    assert len(company.sessions) == 1


def test_a_webhook_that_comes_twice_or_before_the_redirect_counts_once(company, client):
    order = make_order()
    begin(order)
    event = company.pay(session_of(order))
    outcomes = [post(client, event).json()["outcome"] for _ in range(3)]
    assert outcomes == ["paid", "repeated: paid", "repeated: paid"]
    assert WebhookEvent.objects.get().times == 3


@pytest.mark.parametrize(
    "how", [{"secret": "whsec_other"}, {"at": time.time() - 3600}], ids=["another secret", "an hour old"]
)
def test_a_webhook_that_is_not_stripes_is_refused(company, client, how):
    order = make_order()
    begin(order)
    assert post(client, company.pay(session_of(order)), **how).status_code == 401
    assert status(order) == Status.PLACED


@pytest.mark.parametrize("header", ["", "t=1", "v1=00", "t=abc,v1=00", "t=1,v1=ü"])
def test_a_nonsensical_signature_is_refused(company, client, header):
    answer = client.post("/payments/stripe/webhook/", b"{}", "application/json", headers={"Stripe-Signature": header})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "event",
    [
        {"id": "evt_1", "type": "checkout.session.completed", "data": {}},
        {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}},
        {"id": "", "type": "checkout.session.expired", "data": {"object": {}}},
        {"type": 7},
        [],
    ],
)
def test_a_webhook_that_makes_no_sense_is_answered_and_changes_nothing(company, client, event):
    assert post(client, event).status_code == 422


def test_what_is_not_about_a_payment_is_heard_and_left_alone(company, client):
    answer = post(client, company.event("customer.created", {"id": "cus_1"}))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "not about a payment")
    assert not WebhookEvent.objects.exists()


def test_another_amount_than_the_orders_is_kept_and_pays_nothing(company, client):
    order = make_order()
    begin(order)
    event = company.pay(session_of(order))
    event["data"]["object"]["amount_total"] = 1
    assert post(client, event).status_code == 422
    assert status(order) == Status.PLACED
    assert WebhookEvent.objects.get().outcome == "the amount differs"


def test_a_webhook_that_never_comes_is_asked_for(company):
    order = make_order()
    begin(order)
    assert payments.ask(order.ref) == []
    company.pay(session_of(order))
    assert payments.ask(order.ref) == ["paid"]
    assert status(order) == Status.PAID


def test_an_expired_session_fails_and_a_new_one_can_be_paid(company, client):
    order = make_order()
    begin(order)
    post(client, company.expire(session_of(order)))
    assert status(order) == Status.PAYMENT_FAILED
    begin(order)
    assert len(company.sessions) == 2


def test_a_refund_goes_back_once_however_often_it_is_asked_for(company, client, process_all):
    order = make_order()
    begin(order)
    post(client, company.pay(session_of(order)))
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    company.timeouts = 1  # Stripe did it, and its answer got lost
    process_all()
    assert [refund["amount"] for refund in company.refunds.values()] == [2490]
    assert Refund.objects.get().state == "succeeded"
    assert status(order) == Status.REFUNDED


def test_a_refund_that_stripe_refuses_is_a_failed_one(company, client, process_all):
    order = make_order()
    begin(order)
    post(client, company.pay(session_of(order)))
    company.intents[company.sessions[session_of(order)]["payment_intent"]]["amount_received"] = 100
    payments.request_refund(Payment.objects.get().pk, Money("5.00", "EUR"), "staff:1")
    process_all()
    assert Refund.objects.get().state == "failed"
    assert "greater than unrefunded" in Refund.objects.get().detail
    assert Order.objects.get().money_problem == "refund_failed"


def test_a_dispute_is_a_problem_for_staff(company, client):
    order = make_order()
    begin(order)
    post(client, company.pay(session_of(order)))
    assert post(client, company.dispute(session_of(order))).json()["outcome"] == "disputed"
    order.refresh_from_db()
    assert (order.status, order.money_problem) == (Status.PAID, "disputed")
    assert Payment.objects.get().state == "disputed"


# -- Capture when the goods leave ------------------------------------------------------------------


@pytest.fixture
def authorised(company, client, settings):
    settings.STRIPE_CAPTURE = "when_shipped"
    order = make_order()
    begin(order)
    assert post(client, company.pay(session_of(order))).json()["outcome"] == "authorised"
    order.refresh_from_db()
    assert (order.status, order.captured) == (Status.PAID, Money(0, "EUR"))
    return order


def test_the_money_is_taken_when_the_goods_leave(company, authorised, process_all):
    for target in (Status.PREPARING, Status.SHIPPED):
        transition(authorised.ref, target, by=Actor.STAFF, actor="staff:1")
    assert company.taken == {authorised.ref: 0}
    process_all()
    assert company.taken == {authorised.ref: 2490}
    authorised.refresh_from_db()
    assert authorised.captured == authorised.total
    assert Payment.objects.get().state == "captured"


def test_a_cancelled_order_lets_the_money_go(company, authorised, process_all):
    transition(authorised.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    process_all()
    assert Payment.objects.get().state == "voided"
    assert [intent["status"] for intent in company.intents.values()] == ["canceled"]
    assert not company.refunds


def test_a_capture_after_a_void_takes_nothing(company, authorised):
    assert payments.void_payments(authorised.ref) == 1
    assert payments.capture_payments(authorised.ref) == 0
    with pytest.raises(base.Refused):
        Stripe().capture(session=session_of(authorised), amount=Money("24.90", "EUR"), idempotency_key="again")
    assert company.taken == {authorised.ref: 0}


def test_a_capture_whose_answer_got_lost_is_booked_once(company, authorised, process_all):
    company.timeouts = 1
    assert payments.capture_payments(authorised.ref) == 1
    assert payments.capture_payments(authorised.ref) == 0
    authorised.refresh_from_db()
    assert authorised.captured == authorised.total


# -- Amounts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("24.90", "EUR", 2490),
        ("1999", "JPY", 1999),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("10", "MGA", 10),
        ("1.230", "KWD", 1230),
    ],
)
def test_amounts_are_counted_as_stripe_counts_them(amount, currency, units):
    assert to_stripe(Money(amount, currency)) == units
    assert from_stripe(units, currency.lower()) == Money(amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [("1.5", "JPY"), ("1.234", "KWD"), ("1.005", "EUR"), ("1.20", "MGA")])
def test_an_amount_that_stripe_has_no_unit_for_is_refused(amount, currency):
    with pytest.raises(NotPayable):
        to_stripe(Money(amount, currency))


# -- The stand-in and the real one -----------------------------------------------------------------


def test_the_stand_in_answers_with_fields_that_the_official_library_knows(company):
    order = make_order()
    begin(order)
    event = company.pay(session_of(order))
    refund = company.refund({"payment_intent": next(iter(company.intents)), "amount": "1"})
    for made, known in (
        (event["data"]["object"], stripe.checkout.Session),
        (next(iter(company.intents.values())), stripe.PaymentIntent),
        (refund, stripe.Refund),
        (event, stripe.Event),
        (company.dispute(session_of(order))["data"]["object"], stripe.Dispute),
    ):
        fields = {name for part in known.__mro__ for name in getattr(part, "__annotations__", {})}
        assert set(made) - {"object"} <= fields, known


def test_another_body_under_the_same_key_is_an_error_as_at_stripe(company):
    gateway = Stripe()
    given = {"return_url": "https://x.example/", "webhook_url": "", "idempotency_key": "k"}
    gateway.open(ref="A", amount=Money(1, "EUR"), **given)
    with pytest.raises(stripe.IdempotencyError):
        gateway.open(ref="A", amount=Money(2, "EUR"), **given)


# -- Everything at once ----------------------------------------------------------------------------


@pytest.mark.once
def test_of_many_purchases_under_faults_none_is_charged_twice_or_lost(company, client, process_all):
    """Answers that get lost, errors, webhooks twice, late, out of order or never; then the gateways are asked."""
    chance, late, orders = random.Random(18), [], []
    for _ in range(PURCHASES):
        order = make_order()
        orders.append(order)
        company.timeouts, company.broken = chance.random() < 0.1, chance.random() < 0.1
        for _attempt in range(3):
            try:
                begin(order)
                break
            except stripe.StripeError:
                continue
        fate = chance.random()
        if fate < 0.1:
            continue  # nobody pays
        event = company.pay(session_of(order))
        if fate < 0.2:
            continue  # the webhook never comes
        if fate < 0.4:
            late.append(event)
        else:
            for _ in range(chance.choice((1, 1, 2, 3))):
                post(client, event)
        if chance.random() < 0.1:
            transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    company.timeouts = company.broken = 0
    chance.shuffle(late)
    for event in late:
        post(client, event)
    for order in orders:
        payments.ask(order.ref)
    process_all("payments.refund")
    for order in QuerySet(Order).all():
        taken = company.taken.get(order.ref, 0)
        held = order.captured - order.refunded
        assert taken == to_stripe(held), order.ref
        assert taken in (0, 2490)
        assert (taken == 2490) == (order.status == Status.PAID), order.status
    assert len(company.sessions) == PURCHASES
