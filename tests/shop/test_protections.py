"""What protects a visitor on every page: a token for each form, and no frame of another site."""

import pytest
from django.test import Client

from orders import access_links
from orders.lifecycle import Status
from orders.models import Order
from shop.cart.models import CartLine
from tests.support.factories import VariantFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=True)


def test_no_form_of_another_site_changes_an_order(visitor):
    order = make_order()
    visitor.get(access_links.path(order), follow=True)
    for verb in ("cancel", "pay", "push"):
        assert visitor.post(f"/orders/{order.ref}/{verb}/").status_code == 403
    assert Order.objects.get().status == Status.PLACED


def test_no_form_of_another_site_fills_a_cart_or_signs_anybody_in(visitor):
    variant = VariantFactory(stocked=1)
    visitor.get("/")
    for address in ("/cart/add/", "/cart/1/", "/checkout/", "/accounts/login/", "/accounts/signup/", "/admin/login/"):
        assert visitor.post(address, {"variant": variant.pk}).status_code == 403, address
    assert not CartLine.objects.exists()


def test_only_the_gateways_webhook_needs_no_token(visitor):
    assert visitor.post("/payments/test/webhook/", b"{}", "application/json").status_code == 401


@pytest.mark.parametrize("address", ["/", "/cart/", "/products/", "/accounts/login/", "/admin/login/", "/nothing/"])
def test_no_other_site_may_show_a_page_in_a_frame(visitor, address):
    assert visitor.get(address)["X-Frame-Options"] == "DENY"
