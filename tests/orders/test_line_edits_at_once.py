"""Several change lines at the same moment: nobody waits for ever, and nothing is promised twice."""

from functools import partial

import pytest

from events.emission import ConcurrentChange
from orders import line_checks, line_edits
from orders.checkout import CannotPlace
from orders.lifecycle import IllegalTransition
from orders.line_edits import Outdated
from orders.models import Order, OrderLine
from shop.catalog.models import Stock
from tests.orders.test_line_edits import bought, change, eur, wants
from tests.support.factories import VariantFactory
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
REFUSALS = (IllegalTransition, Outdated, ConcurrentChange, CannotPlace)


def trying(work):
    def call():
        try:
            work()
        except REFUSALS as refusal:
            return type(refusal)
        return "done"

    return call


def test_of_two_clerks_with_the_same_check_one_changes_and_the_other_is_told():
    mug, pot = (VariantFactory(price=eur(price), stocked=9) for price in ("10.00", "25.00"))
    for _ in range(3):
        order = bought((mug, 1), (pot, 1))
        works = []
        for wanted in (wants(order, {mug: 2}), wants(order, {pot: 0})):
            seen = line_checks.check(order, wanted, actor="staff:1", may_refund=True).seen
            apply = partial(line_edits.apply, order.ref, wanted, seen=seen, actor="staff:1", may_refund=True)
            works.append(trying(apply))
        came = at_once(*works)
        assert sorted(map(str, came)) == sorted(["done", str(Outdated)])


def test_two_orders_that_swap_the_same_goods_and_a_checkout_share_the_last_pieces():
    mug, pot = (VariantFactory(price=eur(price), stocked=3) for price in ("10.00", "25.00"))
    first, second = bought((mug, 1)), bought((pot, 1))
    came = at_once(
        trying(lambda: change(first, {mug: 3, pot: 1})),
        trying(lambda: change(second, {pot: 3, mug: 1})),
        trying(lambda: bought((mug, 2), (pot, 2))),
    )
    assert "done" in came
    for stock in Stock.objects.all():
        lines = OrderLine.objects.filter(variant=stock.variant_id)
        assert stock.reserved == sum(line.quantity for line in lines) <= stock.on_hand
    assert Order.objects.count() == 2 + (came[2] == "done")
