"""Voucher codes in the cart: typed, told about, removed, and kept through sign-in."""

from decimal import Decimal

import pytest
from django.conf import settings as shop
from djmoney.money import Money

from shop.cart.models import Cart
from tests.support.factories import PromotionFactory, UserFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cart(client):
    client.post("/cart/add/", {"variant": VariantFactory().pk, "quantity": "2"})
    return Cart.objects.get()


def apply(client, code):
    return client.post("/cart/code/", {"code": code}, follow=True).content.decode()


def test_a_code_takes_off_and_says_what(client, cart):
    PromotionFactory(code="SPRING", title_en="Spring sale")
    page = apply(client, " spring ")
    assert "Spring sale" in page
    assert "€36.00" in page
    assert "−€4.00" in page


def test_a_code_can_be_taken_out_again(client, cart):
    PromotionFactory(code="SPRING")
    apply(client, "SPRING")
    page = client.post("/cart/code/", {"remove": "SPRING"}, follow=True).content.decode()
    assert "€40.00" in page
    assert Cart.objects.get().codes == []


@pytest.mark.parametrize("code", ["NOPE", "x" * 10_000, "<script>", "' OR 1=1", "テスト"])
def test_a_code_that_there_is_not_is_refused_in_words_and_not_kept(client, cart, code):
    page = apply(client, code)
    assert "not one of our codes" in page
    assert "<script>x" not in page
    assert Cart.objects.get().codes == []


def test_an_empty_code_asks_for_one(client, cart):
    assert "Please type the code" in apply(client, "  ")


def test_a_code_for_something_else_says_so_and_waits(client, cart):
    promotion = PromotionFactory(code="SPRING")
    promotion.products.add(VariantFactory().product)
    assert "for other things than those in your cart" in apply(client, "SPRING")
    assert Cart.objects.get().codes == ["SPRING"]


def test_what_is_missing_to_the_minimum_is_told(client, cart):
    PromotionFactory(code="SPRING", minimum=Money("50.00", "EUR"))
    assert "once your things cost €10.00 more" in apply(client, "SPRING")


def test_a_code_that_is_typed_twice_is_kept_once(client, cart):
    PromotionFactory(code="SPRING")
    apply(client, "SPRING")
    apply(client, "spring")
    assert Cart.objects.get().codes == ["SPRING"]


def test_a_cart_has_a_few_codes_at_most(client, cart):
    for n in range(12):
        PromotionFactory(code=f"C{n}", combines=n % 2 == 0, percent=Decimal(1))
        page = apply(client, f"C{n}")
    assert "at most 10 codes" in page
    assert len(Cart.objects.get().codes) == 10


def test_without_a_cart_there_is_nothing_to_take_off(client):
    PromotionFactory(code="SPRING")
    assert "Your cart is empty" in apply(client, "SPRING")


def test_a_promotion_for_everybody_needs_no_code(client, cart):
    PromotionFactory(title_en="Winter sale")
    page = client.get("/cart/").content.decode()
    assert "Winter sale" in page
    assert "€36.00" in page


def test_codes_come_along_at_sign_in(client, cart):
    PromotionFactory(code="SPRING")
    apply(client, "SPRING")
    user = UserFactory()
    client.post("/accounts/login/", {"login": user.email, "password": "secret-word-7"})
    assert Cart.objects.get(user=user).codes == ["SPRING"]


def test_codes_cannot_be_guessed_by_the_thousand(client, cart, settings):
    settings.CODES_PER_MINUTE = 3
    answers = [client.post("/cart/code/", {"code": f"GUESS{n}"}, REMOTE_ADDR="203.0.113.9") for n in range(5)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429, 429]


def test_the_demo_counts_no_codes():
    assert shop.CODES_PER_MINUTE == 0
