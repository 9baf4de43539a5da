"""When will it come: working days and holidays of both ends, and what was measured as soon as there is history."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from orders.lifecycle import Actor, Status
from orders.models import DeliveryTime, Order
from orders.presentation import present
from orders.shipping import estimate, parcels
from orders.transitions import transition
from tests.orders.shipping.conftest import prepared
from tests.support.factories import DeliveryMethodFactory, make_order

pytestmark = pytest.mark.slow
days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
countries = st.sampled_from(["DE", "US", "CN", "AE", "IL", "XX"])


@pytest.mark.parametrize(
    ("today", "count", "country", "region", "found"),
    [
        (date(2026, 12, 23), 1, "DE", "", date(2026, 12, 24)),
        (date(2026, 12, 24), 1, "DE", "", date(2026, 12, 28)),  # Christmas, then a weekend
        (date(2026, 7, 2), 1, "US", "", date(2026, 7, 6)),  # Independence Day is kept on the 3rd
        (date(2026, 10, 2), 1, "US", "", date(2026, 10, 5)),  # German Unity Day is a Saturday
        (date(2026, 9, 30), 1, "CN", "", date(2026, 10, 8)),  # a week of holidays
        (date(2026, 11, 25), 1, "US", "", date(2026, 11, 27)),  # Thanksgiving
        (date(2026, 3, 30), 1, "US", "CA", date(2026, 4, 1)),  # César Chávez Day, of California alone
        (date(2026, 3, 30), 1, "US", "NY", date(2026, 3, 31)),
        (date(2026, 3, 30), 1, "US", "Nowhere", date(2026, 3, 31)),
        (date(2026, 11, 26), 1, "IL", "", date(2026, 11, 30)),  # Friday is no working day there, Saturday nowhere
    ],
)
def test_a_day_counts_where_people_work_at_both_ends(today, count, country, region, found):
    assert estimate.after(today, count, country, region) == found


@given(days, st.integers(0, 30), countries)
def test_counting_there_and_back_is_the_same(today, count, country):
    reached = estimate.after(today, count, country)
    assert estimate.between(today, reached, country) == count
    if count:
        assert estimate.works(reached, country)
        assert estimate.works(reached, "DE")


@given(st.lists(st.integers(0, 60), min_size=1, max_size=60))
def test_the_ranks_hold_what_they_say(took):
    took.sort()
    for share in (0.5, 0.9):
        bound = estimate.ranked(took, share)
        assert sum(d <= bound for d in took) >= share * len(took) - 1e-9
        assert bound == min(took) or sum(d <= bound - 1 for d in took) < share * len(took)


def measured(method, took, country="DE"):
    for each in took:
        DeliveryTime.objects.create(order=make_order(), method=method, country=country, days=each)
    estimate.history.forget()


MONDAY = date(2026, 11, 23)


def test_with_enough_history_the_range_is_measured(db):
    method = DeliveryMethodFactory()
    measured(method, [2] * 10 + [3] * 8 + [9] * 2)
    found = estimate.promised(method, MONDAY, "DE")
    assert found == estimate.Range(date(2026, 11, 25), date(2026, 11, 26), measured=True)


def test_with_less_it_is_what_the_method_says(db):
    method = DeliveryMethodFactory()
    measured(method, [2] * (estimate.ENOUGH - 1))
    assert estimate.promised(method, MONDAY, "DE") == estimate.Range(date(2026, 11, 25), date(2026, 11, 27))


def test_what_was_delivered_to_another_country_or_by_another_method_or_long_ago_does_not_count(db):
    method, other = DeliveryMethodFactory(), DeliveryMethodFactory(code="other")
    measured(method, [9] * 30, country="FR")
    measured(other, [9] * 30)
    measured(method, [9] * 30)
    DeliveryTime.objects.filter(method=method, country="DE").update(
        delivered_on=timezone.localdate() - timedelta(days=estimate.DAYS + 1)
    )
    estimate.history.forget()
    assert not estimate.promised(method, MONDAY, "DE").measured


def test_the_history_is_read_with_one_query_for_all_methods(db, django_assert_num_queries):
    methods = [DeliveryMethodFactory(code=f"m{n}") for n in range(3)]
    with django_assert_num_queries(1):
        for method in methods * 2:
            estimate.promised(method, MONDAY, "DE")


def test_a_delivery_is_measured_once(db, process_all):
    order = prepared(1)
    parcels.send(order.ref, None, actor="staff:1")
    transition(order.ref, Status.DELIVERED, by=Actor.STAFF, actor="staff:1")
    process_all()
    made = DeliveryTime.objects.get()
    assert (made.days, made.method, made.country.code) == (0, order.delivery_method, "DE")
    estimate.record(Order.objects.get(), datetime(2030, 1, 1, tzinfo=UTC))
    assert DeliveryTime.objects.get().days == 0


def test_the_checkout_and_the_order_say_that_it_was_measured(client, db):
    from tests.orders.conftest import fill, form
    from tests.support.factories import VariantFactory

    method = DeliveryMethodFactory()
    measured(method, [3] * 30)
    cart = fill(client, VariantFactory())
    assert "Usually here" in client.get("/checkout/").content.decode()
    client.post("/checkout/", form(cart, method))
    order = Order.objects.get(cart_id=cart.pk)
    assert order.promise_measured
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    order.refresh_from_db()
    assert present(order.state(), "en")["promised"].startswith("Usually here")
