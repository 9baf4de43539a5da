"""The days that a delivery method promises are working days."""

from datetime import date

import pytest

from orders.models import promised
from tests.support.factories import DeliveryMethodFactory

MONDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = (date(2026, 11, day) for day in (23, 26, 27, 28, 29))


@pytest.mark.parametrize(
    ("ordered", "days", "first", "last"),
    [
        (MONDAY, (1, 2), date(2026, 11, 24), date(2026, 11, 25)),
        (THURSDAY, (1, 2), FRIDAY, date(2026, 11, 30)),
        (FRIDAY, (1, 1), date(2026, 11, 30), date(2026, 11, 30)),
        (FRIDAY, (2, 4), date(2026, 12, 1), date(2026, 12, 3)),
        (SATURDAY, (1, 5), date(2026, 11, 30), date(2026, 12, 4)),
        (SUNDAY, (1, 6), date(2026, 11, 30), date(2026, 12, 7)),
        (FRIDAY, (10, 15), date(2026, 12, 11), date(2026, 12, 18)),
        (SATURDAY, (0, 0), SATURDAY, SATURDAY),
    ],
)
def test_a_promise_counts_working_days_only(ordered, days, first, last):
    method = DeliveryMethodFactory.build(min_days=days[0], max_days=days[1])
    assert promised(method, ordered) == (first, last)


@pytest.mark.django_db
def test_checkout_and_the_order_promise_the_same_days(client):
    from django.utils import timezone

    from orders.models import Order
    from orders.presentation import day_range
    from tests.orders.conftest import fill, form
    from tests.support.factories import VariantFactory

    method = DeliveryMethodFactory(min_days=3, max_days=7)
    cart = fill(client, VariantFactory())
    days = promised(method, timezone.localdate())
    assert day_range(*days) in client.get("/checkout/").content.decode()
    client.post("/checkout/", form(cart, method))
    order = Order.objects.get()
    assert (order.promised_from, order.promised_by) == days
