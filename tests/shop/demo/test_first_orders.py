"""The demo begins with orders that show what the shop can: two parcels, a return, papers, one to pay."""

import pytest

from orders.lifecycle import Status
from orders.models import Order, Refund
from shop.demo import content, orders
from tests.support.factories import SellerFactory

pytestmark = pytest.mark.slow


def test_the_demos_shopper_has_an_order_of_each_kind(transactional_db, process_all):
    content.load()
    if not content.Seller.objects.exists():
        SellerFactory()
    orders.load()
    process_all()
    returned, on_its_way, to_pay = Order.objects.order_by("pk")
    assert [order.status for order in (returned, on_its_way, to_pay)] == [
        Status.DELIVERED,
        Status.SHIPPED,
        Status.PLACED,
    ]
    assert returned.parcels.count() == 2
    assert returned.returns.get().state == "refunded"
    assert [paper["kind"] for paper in returned.papers] == ["invoice", "credit_note"]
    assert Refund.objects.get().state == "succeeded"
    assert on_its_way.parcels.get().sent_by == "courier"


def test_a_shop_that_sells_nothing_gets_no_orders(db):
    orders.load()
    assert not Order.objects.exists()
