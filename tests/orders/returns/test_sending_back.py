"""A return from the wish to the refund: the window, the table, the goods, the money, the mails, the live page."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.domain_events import OrderState
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order, Refund, Return
from orders.payments.gateways.test.models import Refund as AtGateway
from orders.presentation import present
from orders.returns import service
from orders.returns.lifecycle import EDGES, OPEN, WORDS, State, edge
from orders.transitions import transition
from shop.catalog.models import Stock
from shop.markets import places
from tests.orders.returns.conftest import eur, lines
from tests.orders.shipping.conftest import events_of
from tests.support.factories import MarketFactory

pytestmark = pytest.mark.slow


def ask(order, *quantities, **more):
    options = {"reason": "fit", "wish": "refund"} | more
    return service.request(order.ref, lines(order, *quantities), **options)


def step(found, target, by=Actor.STAFF, **more):
    return service.move(found.order.ref, found.place, target, by=by, actor="staff:1", **more)


def received(order, *quantities, restock=True, **more):
    found = ask(order, *quantities, **more)
    step(found, State.APPROVED)
    return service.receive(order.ref, found.place, dict.fromkeys(lines(order, 0, 0), restock), actor="staff:1")


def test_from_the_wish_to_the_money(sent, process_all):
    process_all()
    found = ask(sent, 2, 0)
    step(found, State.APPROVED)
    step(found, State.ON_ITS_WAY, Actor.SHOPPER, tracking="R1")
    service.receive(sent.ref, 1, dict.fromkeys(lines(sent, 0, 0), True), actor="staff:1")
    done = service.pay_back(sent.ref, 1, actor="staff:1")
    process_all()
    assert (done.state, done.tracking, done.reversal.refund.amount) == ("refunded", "R1", eur("6.66"))
    assert AtGateway.objects.get().amount == eur("6.66")
    assert [(s.on_hand, s.reserved) for s in Stock.objects.order_by("pk")] == [(99, 0), (99, 0)]
    types = list(events_of(sent).values_list("type", flat=True))
    assert [t for t in types if t.startswith("return.")] == [
        "return.requested",
        "return.approved",
        "return.sent",
        "return.received",
        "return.refunded",
    ]


def test_goods_that_cannot_be_sold_again_do_not_go_back_in_stock(sent, process_all):
    process_all()
    received(sent, 2, 0, restock=False)
    process_all()
    assert Stock.objects.order_by("pk")[0].on_hand == 97


def test_the_label_comes_by_mail_once_the_shop_agrees(sent, process_all):
    process_all()
    mail.outbox.clear()
    found = ask(sent, 1, 0)
    step(found, State.APPROVED, answer="Please keep the box.")
    process_all()
    letter = mail.outbox[-1]
    assert letter.subject == f"Your return {found.number}: here is the label"
    assert "Please keep the box." in letter.body
    name, content, kind = letter.attachments[0]
    assert (name, content[:5], kind) == (f"{found.number}.pdf", b"%PDF-", "application/pdf")


def test_what_is_refused_says_why_to_the_shopper_and_not_in_the_event(sent, process_all):
    found = ask(sent, 1, 0)
    with pytest.raises(IllegalTransition, match="tell the shopper why"):
        step(found, State.REFUSED)
    step(found, State.REFUSED, answer="It was worn.")
    process_all()
    assert "It was worn." in mail.outbox[-1].body
    body = bytes(events_of(sent).last().body)
    assert b'"state":"refused"' in body
    assert b"worn" not in body


@pytest.mark.parametrize("quantities", [(4, 0), (0, 2), (0, 0)])
def test_more_than_was_sent_and_nothing_are_refused(sent, quantities):
    with pytest.raises(IllegalTransition):
        ask(sent, *quantities)
    assert not Return.objects.exists()


def test_what_is_in_another_return_cannot_be_asked_for_again_until_that_is_withdrawn(sent):
    first = ask(sent, 2, 0)
    with pytest.raises(IllegalTransition, match="1 of “Thing 0” can be sent back, not 2."):
        ask(sent, 2, 0)
    step(first, State.WITHDRAWN, Actor.SHOPPER)
    assert ask(sent, 2, 0).place == 2


def test_what_is_paid_back_cannot_come_back_again(sent):
    received(sent, 3, 0)
    service.pay_back(sent.ref, 1, actor="staff:1")
    with pytest.raises(IllegalTransition, match="0 of “Thing 0”"):
        ask(sent, 1, 0)


def test_nothing_comes_back_of_an_order_that_was_not_sent(order):
    with pytest.raises(IllegalTransition, match="Nothing of this order can be sent back now."):
        ask(order, 1, 0)


def delivered(order, days_ago):
    transition(order.ref, Status.DELIVERED, by=Actor.STAFF, actor="staff:1")
    order.refresh_from_db()
    order.timeline[-1]["at"] = (timezone.now() - timedelta(days=days_ago)).isoformat()
    QuerySet(Order).filter(pk=order.pk).update(timeline=order.timeline)
    order.refresh_from_db()
    return order


@pytest.mark.parametrize(("days_ago", "ok"), [(14, True), (15, False)])
def test_the_window_is_the_markets_days_after_the_delivery(sent, days_ago, ok):
    order = delivered(sent, days_ago)
    assert present(order.state(), "en")["can_return"] is ok
    if ok:
        ask(order, 1, 0)
    else:
        with pytest.raises(IllegalTransition, match="It could be sent back until"):
            ask(order, 1, 0)


def test_a_market_that_takes_nothing_back_says_so(sent):
    MarketFactory(countries=["DE"], return_days=0)
    places.open_markets.forget()
    with pytest.raises(IllegalTransition, match="We take nothing back there"):
        ask(sent, 1, 0)


def test_a_market_may_agree_at_once(sent):
    MarketFactory(countries=["DE"], returns_agreed=True)
    places.open_markets.forget()
    assert ask(sent, 1, 0).state == State.APPROVED


def test_an_exchange_is_an_order_of_its_own_that_costs_nothing(sent, process_all):
    process_all()
    received(sent, 1, 0, wish="exchange")
    done = service.exchange(sent.ref, 1, actor="staff:1")
    process_all()
    new = done.replacement
    new.refresh_from_db()
    assert (new.status, new.total, new.email) == (Status.PAID, eur(0), sent.email)
    assert [(line.title, line.quantity) for line in new.lines.all()] == [("Thing 0", 1)]
    assert [(s.on_hand, s.reserved) for s in Stock.objects.order_by("pk")] == [(98, 1), (99, 0)]
    assert not Refund.objects.exists()
    assert Order.objects.get(pk=sent.pk).state().returns[0].replacement == new.ref


def test_an_exchange_without_goods_is_refused_and_the_return_stays(sent):
    received(sent, 1, 0)
    QuerySet(Stock).update(on_hand=3, reserved=3)
    with pytest.raises(IllegalTransition, match="not enough in stock"):
        service.exchange(sent.ref, 1, actor="staff:1")
    assert Return.objects.get().state == State.RECEIVED
    assert Order.objects.count() == 1


def test_what_was_exchanged_cannot_be_asked_for_again(sent):
    received(sent, 3, 0)
    service.exchange(sent.ref, 1, actor="staff:1")
    with pytest.raises(IllegalTransition, match="0 of “Thing 0”"):
        ask(sent, 1, 0)


@pytest.mark.parametrize("ending", [service.pay_back, service.exchange])
def test_a_return_ends_once(sent, ending):
    received(sent, 1, 0)
    ending(sent.ref, 1, actor="staff:1")
    for again in (service.pay_back, service.exchange):
        with pytest.raises(IllegalTransition, match="cannot be taken now"):
            again(sent.ref, 1, actor="staff:1")
    assert Refund.objects.count() + Order.objects.exclude(pk=sent.pk).count() == 1


def test_an_order_without_that_payment_left_stays_received(sent):
    received(sent, 3, 1)
    sent.payments.update(state="refunded")
    with pytest.raises(IllegalTransition, match="No payment"):
        service.pay_back(sent.ref, 1, actor="staff:1")
    assert Return.objects.get().state == State.RECEIVED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(list(State)), st.sampled_from([Actor.STAFF, Actor.SHOPPER])), max_size=6))
def test_a_return_moves_along_the_table_and_no_other_way(sent, steps):
    """Whatever is tried in whatever order: only edges of the table are taken, and only by who may."""
    with transaction.atomic():
        found, state = ask(sent, 1, 0), State.REQUESTED
        for target, by in steps:
            taken = edge(state, target)
            legal = taken is not None and by in taken.by
            try:
                step(found, target, by, answer="No.")
                assert legal
                state = target
            except IllegalTransition:
                assert not legal
        found.refresh_from_db()
        assert found.state == state
        transaction.set_rollback(True)


def test_every_state_has_words_and_ends_or_goes_on():
    assert set(WORDS) == set(State)
    goes_on = {e.source for e in EDGES}
    assert goes_on == OPEN


def test_the_order_shows_its_returns_in_both_languages(sent):
    ask(sent, 1, 0)
    state: OrderState = Order.objects.get(pk=sent.pk).state()
    (row,) = present(state, "en")["returns"]
    assert row["title"] == "Return 1: 1 × Thing 0"
    assert row["label"] == "asked for"
    assert present(state, "zh-hans")["returns"][0]["label"] != "asked for"
