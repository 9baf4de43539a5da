"""A column of the board shows the orders that have waited longest."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.board import presentation, read
from orders.models import Order
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def test_a_full_column_shows_those_that_wait_longest_whatever_their_number():
    orders = [make_order() for _ in range(read.CARDS + 3)]
    now = timezone.now()
    for age, order in enumerate(orders):  # the last one made has waited longest
        Order.objects.filter(pk=order.pk).update(placed_at=now - timedelta(minutes=age))
    column = presentation.present(read.read(now))["columns"][0]
    assert [card["ref"] for card in column["cards"]] == [order.ref for order in reversed(orders)][: read.CARDS]
    assert column["more"] == 3
