"""Carts that begin and searches that find nothing: counted without a burden for the shopper, and bounded."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.cart.models import Cart
from shop.insight import begun_carts, missed_searches
from shop.insight.models import BegunCart, DayFigure
from tests.support.factories import VariantFactory

pytestmark = pytest.mark.django_db


def found(kind):
    return dict(DayFigure.objects.filter(kind=kind).values_list("key", "count"))


def add(client, variant):
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})


# -- Carts -----------------------------------------------------------------------------------------


def test_a_cart_counts_once_however_often_it_is_filled(client):
    first, second = VariantFactory(stocked=5), VariantFactory(stocked=5)
    add(client, first)
    add(client, second)
    client.post(f"/cart/{Cart.objects.get().lines.first().pk}/", {"quantity": 0})
    client.post(f"/cart/{Cart.objects.get().lines.first().pk}/", {"quantity": 0})
    assert not Cart.objects.get().lines.exists()
    add(client, first)
    assert begun_carts.count() == 1
    add(client, second)
    assert begun_carts.count() == 0
    assert found("cart") == {"": 1}
    assert DayFigure.objects.get().currency == "EUR"


def test_what_cannot_be_bought_begins_no_cart(client):
    add(client, VariantFactory(stocked=0))
    assert not BegunCart.objects.exists()


def test_after_an_order_the_next_cart_counts_anew(client):
    variant = VariantFactory(stocked=5)
    add(client, variant)
    cart = Cart.objects.get()
    cart.lines.all().delete()
    cart.checkout_key = "00000000-0000-4000-8000-000000000001"  # as `place_order` leaves it
    cart.save()
    add(client, variant)
    assert begun_carts.count() == 2


def test_counted_carts_are_forgotten_after_a_month_and_uncounted_never(client):
    for n, counted in ((1, True), (2, False), (3, True)):
        at = timezone.now() - timedelta(days=31 if n < 3 else 29)
        BegunCart.objects.create(key=f"00000000-0000-4000-8000-00000000000{n}", currency="EUR", at=at, counted=counted)
    assert begun_carts.forget() == 1
    assert BegunCart.objects.count() == 2


# -- Searches --------------------------------------------------------------------------------------


def test_a_search_without_result_is_counted_and_writes_nothing(client):
    VariantFactory(product__title="Teapot")
    for text in ("Samovar", "samovár ", "teapot", "samovar&min=5", "samovar&in_stock=1"):
        client.get(f"/search/?q={text}")
    assert not DayFigure.objects.exists()
    assert missed_searches.count() == 1
    assert found("missed") == {"samovar": 2}
    assert missed_searches.count() == 0
    client.get("/search/?q=samovar")
    missed_searches.count()
    assert found("missed") == {"samovar": 3}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Teekanne!", "teekanne"),
        ("咖啡杯", "咖啡杯"),
        ("mug 350 ml", "mug 350 ml"),
        ("ann@example.com", ""),
        ("+49 170 123 45 67", ""),
        ("4242424242424242", ""),
        ("x" * 41, ""),
        ("???", ""),
    ],
)
def test_what_is_kept_of_a_search(typed, kept):
    assert missed_searches.term(typed) == kept


def test_nonsense_pushes_out_the_rarest_words_first(monkeypatch):
    monkeypatch.setattr(missed_searches, "WAITING", 5)
    for _ in range(3):
        missed_searches.note("samovar")
    for n in range(20):
        missed_searches.note(f"zz{n}")
    assert missed_searches.count() == 5
    assert found("missed")["samovar"] == 3


def test_a_day_keeps_only_its_most_frequent_words(monkeypatch):
    monkeypatch.setattr(missed_searches, "A_DAY", 2)
    for text, times in (("one", 1), ("two", 2), ("three", 3)):
        for _ in range(times):
            missed_searches.note(text)
    missed_searches.count()
    assert found("missed") == {"two": 2, "three": 3}


def test_without_redis_a_search_is_answered_and_not_counted(client, away, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert client.get("/search/?q=samovar").status_code == 200
    assert missed_searches.count() == 0


def test_old_words_are_forgotten():
    for days in (399, 401):
        day = timezone.localdate() - timedelta(days=days)
        DayFigure.objects.create(kind="missed", day=day, key=str(days), count=1, amount=0)
        DayFigure.objects.create(kind="sale", currency="EUR", day=day, count=1, amount=1)
    assert missed_searches.forget() == 1
    assert found("missed") == {"399": 1}
    assert DayFigure.objects.filter(kind="sale").count() == 2
