"""Requests that no browser sends get an answer, not a crash.

Examples: zero bytes, which PostgreSQL refuses in a text, and numbers that no column can hold.
"""

import pytest

from tests.support.factories import UserFactory, VariantFactory

pytestmark = pytest.mark.django_db

ZERO, BEYOND = "%00", "9223372036854775808"  # 2**63


@pytest.mark.parametrize(
    "address",
    [
        f"/search/?q=bowl{ZERO}bowl",
        f"/search/suggest?q={ZERO}bowl",
        f"/products/?category={ZERO}",
        f"/products/?min={ZERO}&max=1e400&sort={ZERO}&page={ZERO}",
        f"/products/nothing/?variant={ZERO}",
        f"/gateway/test/tg_{ZERO}/",
        f"/track/{ZERO}/",
        f"/orders/?page={ZERO}",
        f"/media/products/{ZERO}.svg",
        f"/accounts/login/?next={ZERO}",
        f"/cart/{BEYOND}/",
        f"/demo/mail/{BEYOND}/",
        f"/admin/orders/order/?status__exact={ZERO}",
        f"/admin/orders/order/?id__in={ZERO}",
        f"/admin/catalog/product/?category__id__exact={BEYOND}",
        f"/admin/orders/order/{ZERO}/change/",
        f"/orders/{ZERO}/",
        "/search/?q=%0%000",
    ],
)
def test_an_address_of_that_kind_has_an_answer(client, address):
    if address.startswith("/admin/"):
        client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.get(address).status_code < 500


def test_a_zero_byte_hides_nothing_from_a_search(client):
    variant = VariantFactory(stocked=1)
    assert client.get(f"/search/?q={variant.sku}{ZERO}").url.startswith(variant.product.get_absolute_url())


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/cart/add/", {"variant": "\0"}),
        ("/cart/add/", {"variant": "999999999999999", "quantity": "1"}),
        (f"/cart/{BEYOND}/", {"quantity": "1"}),
        (
            "/checkout/",
            {"email": "\0@example.com", "name": "\0", "country": "\0", "checkout_key": "\0", "shown_1": "\0"},
        ),
        ("/gateway/test/tg_%00/", {"number": "4242 4242 4242 4242"}),
        ("/payments/test/webhook/", {"\0": "\0"}),
        ("/accounts/login/", {"login": "\0@example.com", "password": "\0"}),
    ],
)
def test_a_form_of_that_kind_has_an_answer(client, address, form):
    variant = VariantFactory(stocked=1)
    client.post("/cart/add/", {"variant": variant.pk})
    assert client.post(address, form).status_code < 500


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "messages", "django_language"])
def test_a_cookie_of_that_kind_has_an_answer(client, name):
    # In the header: newer Pythons refuse to make such a cookie, and still read it.
    answer = client.get("/cart/", headers={"cookie": rf'{name}="abcdefgh\000xyz"'})
    assert answer.wsgi_request.COOKIES[name] == "abcdefgh\0xyz"
    assert answer.status_code == 200


def test_a_number_that_no_column_holds_is_refused_and_changes_nothing(client):
    boss = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(boss)
    form = {"email": "new@example.com", "groups": ["1" * 400], "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
    assert client.post(f"/admin/accounts/user/{boss.pk}/change/", form).status_code in (200, 400)
    boss.refresh_from_db()
    assert boss.email != "new@example.com"
