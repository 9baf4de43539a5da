"""How many orders one client and one mail address may place in an hour."""

import pytest

from orders.models import Order
from shop.lib.rate_limits import exceeded
from tests.orders.conftest import fill, form

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STRANGER = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def buy(client, variant, method, settings):
    settings.ORDERS_PER_HOUR = 2

    def send(email, **extra):
        return client.post("/checkout/", form(fill(client, variant), method, email=email), **extra)

    return send


def test_one_client_places_so_many_orders_and_keeps_what_it_typed(buy):
    for n in range(2):
        assert buy(f"a{n}@example.com", **STRANGER).status_code == 302
    answer = buy("a3@example.com", **STRANGER)
    assert answer.status_code == 429
    assert "Too many orders came from you" in answer.content.decode()
    assert 'value="a3@example.com"' in answer.content.decode()
    assert Order.objects.count() == 2
    assert buy("b@example.com", REMOTE_ADDR="203.0.113.8").status_code == 302


def test_a_form_that_comes_twice_at_the_limit_shows_its_order(client, variant, method, settings):
    settings.ORDERS_PER_HOUR = 1
    sent = form(fill(client, variant), method, email="ann@example.com")
    first, second = (client.post("/checkout/", sent, **STRANGER) for _ in range(2))
    order = Order.objects.get()
    assert (first.status_code, second.status_code) == (302, 302)
    assert second["Location"] == order.get_absolute_url()


def test_one_mail_address_is_written_to_so_often_whoever_types_it(buy):
    for n in range(2):
        buy("ann@example.com", REMOTE_ADDR=f"203.0.113.{n}")
    assert buy("ANN@example.com", REMOTE_ADDR="203.0.113.9").status_code == 429
    assert Order.objects.count() == 2


def test_behind_a_proxy_that_says_nothing_of_its_clients_nobody_is_locked_out(buy):
    for n in range(4):
        assert buy(f"a{n}@example.com").status_code == 302


def test_the_limit_can_be_taken_away(buy, settings):
    settings.ORDERS_PER_HOUR = 0
    for _ in range(4):
        assert buy("ann@example.com", **STRANGER).status_code == 302


def test_a_window_ends(monkeypatch):
    now = 1_000_000 * 3600
    monkeypatch.setattr("shop.lib.rate_limits.time.time", lambda: now)
    assert [exceeded("x", "me", 1) for _ in range(2)] == [False, True]
    assert not exceeded("x", "you", 1)
    assert not exceeded("y", "me", 1)
    now += 3600
    assert not exceeded("x", "me", 1)
