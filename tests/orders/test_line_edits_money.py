"""Whatever is changed in whichever order, the money of an order fits its lines."""

import contextlib

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders import limits
from orders.lifecycle import PAYABLE, IllegalTransition
from orders.models import Order, Payment
from orders.payments import service as payments
from orders.payments.gateways.base import Result
from shop.catalog.models import Reservation
from tests.orders.test_line_edits import bought, change, eur, told
from tests.support.factories import PromotionFactory, TaxRateFactory, VariantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

GOODS = ("0.07", "3.33", "10.00", "19.99")
edit = st.tuples(st.just("edit"), st.dictionaries(st.integers(0, 3), st.integers(0, 4), min_size=1, max_size=3))
begin = st.tuples(st.just("begin"), st.none())
late = st.tuples(st.just("late"), edit)  # the gateway's page is open while the lines are changed
pay = st.tuples(st.just("pay"), st.sampled_from([Result.SUCCEEDED, Result.AUTHORISED]))


def costs(order):
    """What the lines that the shopper gets cost, and the delivery."""
    taken = sum((line.amount for made in order.reversals.all() for line in made.lines.all()), eur(0))
    lines = sum((line.gross for line in order.lines.all()), order.delivery_net + order.delivery_tax)
    assert lines == order.total >= eur(0)
    return order.total - taken


def has(order):
    """What the shop has of the shopper's money, or keeps for it, after all that is to go back."""
    came = (*Payment.CAME, Payment.State.AUTHORISED)
    kept = sum((each.amount for each in order.payments.all() if each.state in came), eur(0))
    return kept - limits.given_back(order)


def step(order, variants, what, with_what):
    if what == "edit":
        change(order, {variants[n]: quantity for n, quantity in with_what.items()})
    elif what == "late":
        step(order, variants, "begin", None)
        with contextlib.suppress(IllegalTransition):
            step(order, variants, *with_what)
        step(order, variants, "pay", Result.SUCCEEDED)
    elif what == "begin":
        payments.start(order.ref, "http://shop/back")
    elif payment := order.payments.filter(state=Payment.State.OPEN).order_by("pk").first():  # the oldest page
        told(payment, with_what)
        if payment.amount < Order.objects.get(pk=order.pk).total:
            payments.void_payments(order.ref, payment.pk)  # as the handler does


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(edit, late, begin, pay), max_size=8), st.booleans())
def test_what_was_paid_is_what_the_lines_cost_or_is_still_to_pay(db, steps, discounted):
    with transaction.atomic():
        TaxRateFactory()
        if discounted:
            PromotionFactory(percent=15)
        variants = [VariantFactory(price=eur(price), stocked=6) for price in GOODS]
        order = bought((variants[1], 2), (variants[2], 1))
        for what, with_what in steps:
            with contextlib.suppress(IllegalTransition):
                step(order, variants, what, with_what)
            order = Order.objects.get(pk=order.pk)
            if order.status in PAYABLE:
                assert has(order) == eur(0)  # all of `total` is to be paid
                costs(order)
            else:
                assert has(order) == costs(order) >= eur(0)
            if not order.reversals.exists():
                held = Reservation.objects.filter(ref=order.ref, state=Reservation.State.HELD)
                assert {row.stock.variant_id: row.quantity for row in held} == {
                    line.variant_id: line.quantity for line in order.lines.all()
                }
        transaction.set_rollback(True)
