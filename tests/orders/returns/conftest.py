"""Orders whose goods can be taken out again, paid at the test gateway."""

import pytest
from django.db.models import QuerySet
from djmoney.money import Money

from orders.models import Order, OrderTax, Payment
from orders.payments.gateways.test.models import Session
from orders.shipping import parcels
from tests.orders.shipping.conftest import prepared


def eur(amount):
    return Money(amount, "EUR")


def paid(*quantities, gross="10.00", state=Payment.State.CAPTURED):
    """An order that is being packed: each line costs `gross` with 19 % of tax, the delivery 4.90; paid by card."""
    order = prepared(*quantities)
    tax = eur("1.60")
    for line in order.lines.all():
        line.tax, line.net = tax, eur(gross) - tax
        line.tax_category, line.tax_percent = "S", 19
        line.save()
    total = eur(gross) * len(quantities) + eur("4.90")
    OrderTax.objects.create(order=order, category="S", percent=19, net=total - tax * len(quantities), tax=tax)
    order.payments.all().delete()
    captured = total if state == Payment.State.CAPTURED else eur(0)
    QuerySet(Order).filter(pk=order.pk).update(
        total=total, captured=captured, delivery_net=eur("4.12"), delivery_tax=eur("0.78"), delivery_price=eur("4.90")
    )
    session = Session.objects.create(
        idempotency_key=f"payment:{order.pk}",
        ref=order.ref,
        amount=total,
        return_url="http://testserver/",
        webhook_url="http://testserver/",
    )
    Payment.objects.create(order=order, gateway="test", session=session.id, amount=total, state=state)
    order.refresh_from_db()
    return order


@pytest.fixture
def order(db):
    """Three of one thing for 10.00, one of another for 10.00, delivery 4.90: 24.90."""
    return paid(3, 1)


@pytest.fixture
def sent(order):
    """The same, in one parcel on its way."""
    parcels.send(order.ref, None, actor="staff:1")
    order.refresh_from_db()
    return order


def lines(order, *quantities):
    return dict(zip([line.pk for line in order.lines.all()], quantities, strict=True))
