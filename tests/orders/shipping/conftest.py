"""Orders that wait to be sent."""

import pytest
from django.db import transaction

from events.models import Event
from orders.lifecycle import Actor, Status
from orders.models import OrderLine
from orders.transitions import transition
from shop.catalog import stock
from tests.support.factories import VariantFactory, make_order


def prepared(*quantities):
    """An order that is being packed, with a line of each quantity, whose goods are held for it."""
    order = make_order()
    order.lines.all().delete()
    for n, quantity in enumerate(quantities):
        variant = VariantFactory(stocked=100)
        OrderLine.objects.create(
            order=order,
            variant=variant,
            sku=variant.sku,
            title=f"Thing {n}",
            quantity=quantity,
            unit_price="5.00",
            net=f"{5 * quantity}.00",
        )
    wanted = {line.variant_id: line.quantity for line in order.lines.all()}
    with transaction.atomic():
        stock.reserve(wanted, order.ref)
    for status in (Status.PAID, Status.PREPARING):
        transition(order.ref, status, by=Actor.STAFF, actor="staff:1")
    order.refresh_from_db()
    return order


def events_of(order):
    """Its events, oldest first."""
    return Event.objects.filter(stream=order.stream).order_by("seq")


@pytest.fixture
def order(db):
    """Two lines: three of one thing, two of another."""
    return prepared(3, 2)
