"""What the factories make stands still: no day of the year adds an event of its own."""

from datetime import timedelta

from django.utils import timezone

from orders.lifecycle import Status
from orders.shipping.lateness import late
from tests.support.factories import PROMISED, make_order


def test_an_order_of_the_factory_is_late_on_no_day_of_the_year(db):
    order, today = make_order(), timezone.localdate()
    assert order.promised_by == today + PROMISED
    order.status = Status.PREPARING

    def days_when_late(promised):
        days = (today + timedelta(days=n) for n in range(366))
        return [day for day in days if setattr(order, "promised_by", day + promised) or late(order, day)]

    assert days_when_late(PROMISED) == []
    assert days_when_late(timedelta(days=2))  # two days are not enough on a Saturday
