"""`/metrics` tells how many responses had which status, and how long they took."""

import re

import pytest
from django.urls import reverse

from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def number(client, name, **labels):
    """A sample of `/metrics`; 0 if there is none."""
    wanted = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    found = re.search(rf"^{name}{{{re.escape(wanted)}}} (\S+)", client.get("/metrics").content.decode(), re.M)
    return float(found[1]) if found else 0.0


def test_each_response_is_counted_under_its_view_and_its_status(client):
    before = number(client, "http_responses_total", view="cart:cart", status="200")
    client.get(reverse("cart:cart"))
    client.get(reverse("cart:cart"))
    assert number(client, "http_responses_total", view="cart:cart", status="200") == before + 2


def test_a_view_that_raises_counts_as_500(client, monkeypatch):
    def raises(request):
        raise ZeroDivisionError

    monkeypatch.setattr("shop.cart.views.cart_review.review_of", raises)
    client.raise_request_exception = False
    before = number(client, "http_responses_total", view="cart:cart", status="500")
    assert client.get(reverse("cart:cart")).status_code == 500
    assert number(client, "http_responses_total", view="cart:cart", status="500") == before + 1


def test_addresses_of_nobody_share_one_name(client):
    before = number(client, "http_responses_total", view="", status="404")
    for n in range(3):
        assert client.get(f"/guess/{n}/").status_code == 404
    assert number(client, "http_responses_total", view="", status="404") == before + 3
    assert "guess" not in client.get("/metrics").content.decode()


def test_a_ref_is_no_part_of_the_name(client):
    order = make_order()
    before = number(client, "http_responses_total", view="orders:order", status="404")
    client.get(order.get_absolute_url())
    assert number(client, "http_responses_total", view="orders:order", status="404") == before + 1
    assert order.ref not in client.get("/metrics").content.decode()


def test_the_time_of_a_response_is_measured(client):
    before = number(client, "http_response_seconds_count", view="cart:cart")
    client.get(reverse("cart:cart"))
    assert number(client, "http_response_seconds_count", view="cart:cart") == before + 1


def test_a_probe_is_not_counted(client):
    before = number(client, "http_responses_total", view="", status="200")
    client.get("/healthz")
    assert number(client, "http_responses_total", view="", status="200") == before
