"""The days that a delivery method promises are working days; and what the order's page makes of them."""

from datetime import date, datetime, timedelta
from unittest import mock

import pytest
from django.utils import timezone

from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.presentation import present
from orders.shipping.estimate import promised
from orders.transitions import transition
from tests.support.factories import DeliveryMethodFactory, make_order

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
    found = promised(method, ordered)
    assert (found.first, found.last, found.measured) == (first, last, False)


@pytest.mark.django_db
def test_checkout_and_the_order_promise_the_same_days(client):
    from django.utils import timezone

    from orders.models import Order
    from orders.moments import day_range
    from tests.orders.conftest import fill, form
    from tests.support.factories import VariantFactory

    method = DeliveryMethodFactory(min_days=3, max_days=7)
    cart = fill(client, VariantFactory())
    days = promised(method, timezone.localdate())
    days = (days.first, days.last)
    assert day_range(*days) in client.get("/checkout/").content.decode()
    client.post("/checkout/", form(cart, method))
    order = Order.objects.get()
    assert (order.promised_from, order.promised_by) == days


def shown(order, today):
    """What the order's page says of its time on that day."""
    with mock.patch("orders.presentation.timezone.localdate", return_value=today):
        d = present(Order.objects.get(pk=order.pk).state(), "en")
    return d["promised"]


def moved(*statuses):
    order = make_order(promised_from=THURSDAY, promised_by=FRIDAY)
    for status in statuses:
        transition(order.ref, status, by=Actor.STAFF, actor="staff:1")
    return order


@pytest.mark.django_db
def test_a_promise_that_has_passed_is_not_made_again():
    order = moved(Status.PAID, Status.PREPARING)
    assert shown(order, FRIDAY) == "Expected Thu 26 Nov – Fri 27 Nov"
    assert shown(order, SATURDAY) == "This is later than we promised: we expected it Thu 26 Nov – Fri 27 Nov."


@pytest.mark.django_db
def test_on_the_day_of_the_courier_the_page_says_today():
    order = moved(Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY)
    today = timezone.localdate()
    assert shown(order, today) == "Expected today"
    assert "today" not in shown(order, today + timedelta(days=1))


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.DELIVERED, Status.CANCELLED])
def test_what_has_ended_is_expected_no_more(status):
    path = [Status.PAID, Status.PREPARING, Status.SHIPPED, Status.DELIVERED]
    order = moved(*(path if status == Status.DELIVERED else [status]))
    assert shown(order, SUNDAY) == ""


@pytest.mark.django_db
def test_an_unpaid_order_says_until_when_its_things_are_kept(settings):
    settings.PAYMENT_WINDOW_MINUTES = 30
    at = datetime(2026, 11, 26, 10, 0, tzinfo=timezone.get_default_timezone())
    order = make_order(placed_at=at)
    assert present(order.state(), "en")["deadline"] == "We keep your things for you until 26 Nov, 10:30."
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    assert present(Order.objects.get().state(), "en")["deadline"] == ""
