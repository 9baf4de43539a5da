"""The figures: the same as added up from the orders, whatever comes twice, late, out of order, or again."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone
from djmoney.money import Money

from events.delivery import registry
from events.log.envelope import open_for
from events.models import Delivery, Event
from events.operations.replay import Range, replay
from orders.lifecycle import Actor, Status
from orders.models import Order, Payment
from orders.payments import service as payments
from orders.payments.gateways.base import PaymentUpdate, Result
from orders.transitions import transition
from orders.undoing import undo
from shop.insight import counting, facts
from shop.insight.lead_times import class_of
from shop.insight.models import CountedOrder, DayFigure
from tests.shop.insight import histories
from tests.support.factories import make_order
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LAST_WEEK = timezone.now() - timedelta(days=7)


def deliver(*streams):
    """The handler gets these streams' events once more, as they are in the log."""
    handler = registry.get("insight")
    assert handler
    wanted = [e for stream in streams for e in Event.objects.filter(stream=stream).order_by("seq")]
    events = [open_for("insight", e.header, e.sealed) for e in wanted if handler.wants(e.type)]
    assert events
    return lambda: handler.function(events)


@pytest.mark.parametrize("seed", range(3))
def test_what_handlers_count_is_what_the_orders_say(process_all, seed):
    chance = random.Random(seed)
    for _ in range(3):
        histories.random_orders(chance, 7)
        process_all("payments.refund")  # cancelled and refunded orders give their money back
        process_all("insight")
    assert histories.kept_as_straight() == histories.straight()
    assert len(histories.straight()) >= 8


def test_an_order_by_phone_is_a_sale_and_not_from_a_shoppers_cart(process_all):
    by_phone, by_cart = make_order(cart_id=1), make_order(cart_id=2)
    by_phone.timeline[0]["actor"] = "staff:1"
    for order in (by_phone, by_cart):
        order.timeline.append({"status": Status.PAID, "at": timezone.now().isoformat(), "actor": "gateway", "seq": 2})
    found = [{key[1] for key in facts.figures_of(order)} for order in (by_phone, by_cart)]
    assert ["sale" in kinds for kinds in found] == [True, True]
    assert ["from_cart" in kinds for kinds in found] == [False, True]


def test_a_move_that_was_undone_is_no_step_of_the_order(process_all):
    order = histories.placed(LAST_WEEK)
    histories.move(order, Status.PAID, LAST_WEEK + timedelta(hours=1))
    process_all("insight")
    before = histories.kept()
    packed = transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1")
    process_all("insight")
    assert histories.kept() != before
    undo(order.ref, packed.version, actor="staff:1")
    process_all("insight")
    assert histories.kept() == before
    histories.move(order, Status.PREPARING, LAST_WEEK + timedelta(hours=5))
    process_all("insight")
    took = str(class_of(4 * 3600))
    assert [key for (_, kind, _, key), _ in histories.kept().items() if kind == DayFigure.Kind.TO_PREPARING] == [took]


def test_a_step_by_step_life_is_counted_as_one_that_is_seen_at_its_end(process_all):
    order, at = histories.placed(LAST_WEEK), LAST_WEEK
    for target in histories.WAYS[5]:
        at += timedelta(hours=7)
        histories.move(order, target, at)
        process_all("insight")
    step_by_step = histories.kept()
    DayFigure.objects.all().delete()
    CountedOrder.objects.all().delete()
    counting.recount([order.ref])
    assert histories.kept() == step_by_step


def test_events_that_come_twice_or_out_of_order_change_nothing(process_all):
    made = histories.random_orders(random.Random(5), 6)
    process_all("insight")
    before = histories.kept()
    again = deliver(*[order.stream for order in reversed(made)])
    again()
    again()
    assert histories.kept() == before


@pytest.mark.parametrize("emptied", [False, True])
def test_a_replay_makes_the_same_figures(process_all, emptied):
    histories.random_orders(random.Random(6), 6)
    process_all("insight")
    before = histories.kept()
    if emptied:
        DayFigure.objects.all().delete()
        CountedOrder.objects.all().delete()
    assert replay("insight", Range()).opened > 6
    process_all("insight")
    assert not Delivery.objects.pending().filter(handler="insight").exists()
    assert histories.kept() == before


def test_orders_of_before_are_counted_by_the_periodic_task_and_only_once(process_all):
    histories.random_orders(random.Random(7), 5)
    assert counting.count_missing(most=3) == 3
    assert counting.count_missing(most=3) == 2
    assert counting.count_missing(most=3) == 0
    before = histories.kept()
    assert histories.kept_as_straight()["sale"] == histories.straight()["sale"]
    process_all("insight")
    assert histories.kept() == before


def test_the_command_counts_anew_what_is_wrong_and_takes_away_what_is_gone(process_all, capsys):
    order, gone = histories.placed(LAST_WEEK), histories.placed(LAST_WEEK)
    process_all("insight")
    CountedOrder.objects.create(ref="GONE", counted=CountedOrder.objects.get(ref=gone.ref).counted)
    counting.add({("EUR", "placed", str(timezone.localdate(LAST_WEEK)), ""): (1, 2490)})
    assert DayFigure.objects.get(kind="placed").count == 3
    call_command("count_orders")
    assert DayFigure.objects.get(kind="placed").count == Order.objects.count() == 2
    assert "Orders counted: 2." in capsys.readouterr().out
    assert order.ref != gone.ref


def test_a_day_is_a_day_of_the_shops_time_zone():
    order = histories.placed(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    days = []
    for zone in ("America/New_York", "Asia/Tokyo"):
        with timezone.override(zone):
            counting.recount([order.ref])
        days.append(str(DayFigure.objects.get(kind="placed", count=1).day))
    assert days == ["2026-03-01", "2026-03-02"]


def test_a_second_payment_that_goes_back_is_no_refund(process_all):
    order = histories.placed(LAST_WEEK)
    for n in range(2):
        payment = Payment.objects.create(order=order, gateway="test", session=f"s{n}", amount=order.total)
        payments.apply("test", PaymentUpdate(f"e{n}", payment.session, Result.SUCCEEDED, payment.amount))
    order.refresh_from_db()
    assert order.captured == order.total * 2
    first = order.payments.get(session="s1")
    refund = payments.request_refund(first.pk, order.total, "staff:1")
    payments._book(refund, "succeeded")
    process_all("insight")
    assert not DayFigure.objects.filter(kind="refund").exists()
    more = payments.request_refund(order.payments.get(session="s0").pk, Money("4.90", "EUR"), "staff:1")
    payments._book(more, "succeeded")
    process_all("insight")
    assert DayFigure.objects.get(kind="refund").amount == 490


def test_money_that_was_authorised_and_let_go_is_no_sale_that_stays(process_all):
    order = histories.placed(LAST_WEEK)
    Payment.objects.create(order=order, gateway="test", session="s", amount=order.total, state="voided")
    ends = {"paid": LAST_WEEK, "cancelled": timezone.now()}
    more = [{"status": status, "at": at.isoformat(), "seq": 2, "actor": "x"} for status, at in ends.items()]
    histories.rewrite(order, order.timeline + more)
    counting.recount([order.ref])
    sums = {kind: amount for (_, kind, *_rest), (_, amount) in histories.kept().items()}
    assert sums["sale"] == sums["refund"] == 2490


def test_orders_that_nobody_paid_are_read_without_their_goods_and_money(django_assert_num_queries):
    unpaid, paid = make_order(), make_order()
    transition(paid.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    with django_assert_num_queries(1):
        facts.read([unpaid.ref])
    with django_assert_num_queries(5):  # lines, payments, their refunds, reversals (which have no lines)
        found = facts.read([unpaid.ref, paid.ref])
    with django_assert_num_queries(0):
        assert sorted(len(facts.figures_of(order)) for order in found) == [1, 4]


def test_the_replacement_of_an_exchange_is_no_sale(process_all):
    nothing = Money("0", "EUR")
    order = histories.placed(LAST_WEEK, total="0.00", cart_id=None)
    free = histories.placed(LAST_WEEK, total="0.00")
    histories.move(order, Status.PAID, LAST_WEEK)
    histories.move(free, Status.PAID, LAST_WEEK)
    process_all("insight")
    assert order.total == nothing
    assert DayFigure.objects.get(kind="sale").count == 1


def test_a_late_order_is_late_by_its_day_or_because_another_was_promised(process_all):
    for days, delays in ((4, 0), (5, 0), (1, 1)):
        order = histories.placed(LAST_WEEK, delays=delays)
        for target in histories.WAYS[4]:
            histories.move(order, target, LAST_WEEK + timedelta(days=days))
    process_all("insight")
    assert sum(DayFigure.objects.filter(kind="delivered").values_list("count", flat=True)) == 3
    assert sum(DayFigure.objects.filter(kind="late").values_list("count", flat=True)) == 2


@pytest.mark.django_db(transaction=True)
def test_orders_that_are_counted_at_the_same_time_are_all_counted_once():
    refs = [make_order(total=Money(Decimal(n + 1), "EUR"), cart_id=1).ref for n in range(6)]
    halves = [refs[:4], refs[2:], list(reversed(refs))]
    at_once(*[lambda part=part: counting.recount(part) for part in halves])
    figure = DayFigure.objects.get(kind="placed")
    assert (figure.count, figure.amount) == (6, 2100)
