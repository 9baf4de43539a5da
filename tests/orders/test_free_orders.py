"""An order that costs nothing is paid at once: no gateway takes a payment of nothing."""

import pytest
from djmoney.money import Money

from events.models import Event
from orders.lifecycle import Status
from orders.models import Order, Payment
from tests.orders.conftest import fill, form
from tests.support.factories import DeliveryMethodFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NOTHING = Money("0.00", "EUR")


@pytest.fixture
def order(client):
    variant = VariantFactory(stocked=3, price=NOTHING)
    method = DeliveryMethodFactory(code="gift", price=NOTHING)
    answer = client.post("/checkout/", form(fill(client, variant), method))
    found = Order.objects.get()
    assert answer["Location"] == f"/orders/{found.ref}/"
    return found


def test_it_is_paid_without_a_gateway(order):
    assert order.status == Status.PAID
    assert not Payment.objects.exists()
    types = list(Event.objects.filter(stream=order.stream).order_by("seq").values_list("type", flat=True))
    assert types == ["order.placed", "order.paid"]


def test_no_mail_says_that_a_payment_has_arrived(order, process_all, mailoutbox):
    process_all("mail")
    assert [f"We have your order {order.ref}"] == [mail.subject for mail in mailoutbox]


def test_its_page_offers_no_payment(client, order):
    page = client.get(f"/orders/{order.ref}/").content.decode()
    assert 'data-show="can_pay" hidden' in page


def test_cancelling_it_returns_nothing_and_says_so(client, order):
    client.post(f"/orders/{order.ref}/cancel/")
    assert "Nothing was paid" in client.get(f"/orders/{order.ref}/").content.decode()
