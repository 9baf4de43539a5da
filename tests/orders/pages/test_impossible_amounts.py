"""The checkout form sends back the amount that was shown; a value that is no amount is refused, not a crash."""

import pytest

from orders.models import Order
from tests.orders.conftest import fill, form

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "amount",
    [
        *("9e999999", "-9e999999", "1e-999999", "NaN", "sNaN", "Infinity"),
        *("9" * 5000, "\u0661", "0x10", "\0", "1_0", "1e12"),
    ],
)
def test_an_impossible_amount_places_no_order_and_is_answered(client, variant, method, amount):
    sent = form(fill(client, variant), method) | {f"total_{method.pk}": amount}
    answer = client.post("/checkout/", sent)
    assert answer.status_code in (409, 422)
    assert not Order.objects.exists()


@pytest.mark.parametrize("currency", ["USD", "XXQ", "€", "\0", "E" * 5000])
def test_the_right_number_in_another_currency_places_no_order(client, variant, method, currency):
    answer = client.post("/checkout/", form(fill(client, variant), method) | {"currency": currency})
    assert answer.status_code in (409, 422)
    assert not Order.objects.exists()


def test_the_amounts_that_the_page_showed_place_the_order(client, variant, method):
    sent = form(fill(client, variant), method) | {"currency": "EUR"}
    client.post("/checkout/", sent)
    assert Order.objects.get().total.amount == variant.price.amount + method.price.amount
