"""The admin: what staff find, see and count. (Moving orders: `test_moving_an_order.py`, `test_bulk_moves.py`.)"""

import re

import pytest

from events.models import Delivery
from orders.models import Order
from tests.orders.conftest import admin_page, member_of
from tests.support.factories import UserFactory, VariantFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_a_shopper_cannot_reach_the_admin(client):
    client.force_login(UserFactory())
    assert client.get("/admin/orders/order/")["Location"].startswith("/admin/login/")


def test_orders_are_found_by_their_ref_however_it_is_typed(staff):
    order = make_order(ref="K7QF3-M2XD9")
    make_order()
    html = staff.get("/admin/orders/order/?q=k7qf3m2xd9").content.decode()
    assert order.ref in html
    assert "1 result" in html


def test_a_list_of_fifty_orders_needs_at_most_sixteen_queries(staff, django_assert_max_num_queries):
    for _ in range(60):
        make_order()
    staff.get("/admin/orders/order/")
    with django_assert_max_num_queries(16):
        response = staff.get("/admin/orders/order/")
    assert response.content.decode().count('name="_selected_action"') == 50


def test_a_dead_letter_is_retried_from_admin(client):
    from django.utils import timezone

    client.force_login(member_of("Support"))
    order = make_order()
    dead_letters = Delivery.objects.get(stream=order.stream, handler="mail")
    Delivery.objects.filter(pk=dead_letters.pk).update(dead_lettered_at=timezone.now(), last_error="boom", attempts=8)
    html = client.get("/admin/events/delivery/?state=dead-lettered").content.decode()
    assert "boom" in html
    client.post("/admin/events/delivery/", {"action": "retry", "_selected_action": [dead_letters.pk]})
    dead_letters.refresh_from_db()
    assert (dead_letters.state, dead_letters.attempts) == ("pending", 0)


def test_events_can_be_read_and_not_changed(client):
    client.force_login(member_of("Support"))
    from events.models import Event

    make_order()
    event = Event.objects.filter(type="order.placed").get()
    html = client.get(f"/admin/events/event/{event.pk}/change/").content.decode()
    assert "order.placed" in html
    assert client.get("/admin/events/event/add/").status_code == 403
    assert client.post(f"/admin/events/event/{event.pk}/delete/").status_code == 403


def test_a_count_below_what_is_promised_is_kept_and_says_what_is_lacking(client):
    from django.db import transaction

    from shop.catalog import stock

    client.force_login(member_of("Catalogue"))
    variant = VariantFactory(stocked=5)
    with transaction.atomic():
        stock.reserve({variant.pk: 3}, "REF")
    url = f"/admin/catalog/stock/{variant.stock.pk}/change/"
    assert b"1 more is promised than there is." in client.post(url, {"counted": "2"}, follow=True).content
    client.post(url, {"counted": "7"})
    variant.stock.refresh_from_db()
    assert variant.stock.on_hand == 7


def test_every_admin_page_opens(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    order = make_order()
    VariantFactory()
    for model in (
        *("orders/order", "orders/payment", "orders/webhookevent", "orders/deliverymethod"),
        *("catalog/product", "catalog/category", "catalog/stock"),
        *("events/event", "events/delivery", "accounts/user", "auth/group"),
    ):
        assert client.get(f"/admin/{model}/").status_code == 200, model
    for path in ("catalog/product/add/", "catalog/category/add/", "accounts/user/add/"):
        assert client.get(f"/admin/{path}").status_code == 200, path
    assert client.get(admin_page(order)).status_code == 200
    assert client.get("/admin/").status_code == 200


def test_staff_look_at_any_order_in_the_shop_but_act_in_admin_only(staff):
    order = make_order()
    assert staff.get(f"/orders/{order.ref}/").status_code == 200
    assert staff.post(f"/orders/{order.ref}/cancel/").status_code == 404
    assert staff.post(f"/orders/{order.ref}/pay/").status_code == 404


def test_a_sku_is_given_once(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    variant = VariantFactory()
    html = client.get(f"/admin/catalog/product/{variant.product_id}/change/").content.decode()
    field = re.search(r'<input[^>]*name="variants-0-sku"[^>]*>', html)[0]
    assert "disabled" in field


def test_one_delivery_is_looked_at_and_never_saved(client):
    """Its page would write back what a worker has changed since it was read."""
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    make_order()
    delivery = Delivery.objects.first()
    page = f"/admin/events/delivery/{delivery.pk}/change/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"_save": "1"}).status_code == 403


LIST = "/admin/orders/order/"


def test_orders_of_some_days_are_found(staff):
    # In Berlin, the last two are outside.
    moments = ["2025-10-07T12:00Z", "2025-10-31T22:30Z", "2025-10-31T23:30Z", "2025-09-30T21:30Z"]
    orders = [make_order() for _ in moments]
    for order, moment in zip(orders, moments, strict=True):
        Order.objects.filter(pk=order.pk).update(placed_at=moment)
    found = staff.get(LIST, {"placed_at_from": "2025-10-01", "placed_at_to": "2025-10-31"}).content.decode()
    assert [order.ref in found for order in orders] == [True, True, False, False]


@pytest.mark.parametrize("day", ["garbage", "2025-13-45", "0000-00-00", "\x01", "9999-12-31"])
def test_a_day_that_is_none_breaks_nothing(staff, day):
    order = make_order()
    answer = staff.get(LIST, {"placed_at_to": day, "_facets": "True"})
    assert answer.status_code == 200
    assert order.ref in answer.content.decode()
    assert answer.content.decode().count("is no day") == 1
    assert "is no day" not in staff.get(LIST).content.decode(), "said of the page before"


@pytest.mark.parametrize("day", ["2025/10/31", "2025年10月31日", "2025-10-31"])
def test_a_day_is_read_as_the_reader_writes_it(staff, day):
    order = make_order()
    answer = staff.get(LIST, {"placed_at_to": day}, headers={"Accept-Language": "zh-hans"})
    assert order.ref not in answer.content.decode()


def test_the_theme_speaks_chinese_too(staff):
    make_order()
    said = staff.get(LIST, headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "配送方式" in said
    assert re.search(r'<td class="field-where[^>]*>\s*德国\s*</td>', said)
    for word in ("Apply Filters", "Select all rows", "Search apps", "Return to site", "Filters<"):
        assert word not in said
