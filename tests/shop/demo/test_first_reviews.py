"""The demo begins with reviews, so that stars are seen; they are written as buyers write them."""

import json

import pytest
from django.test import Client

from orders.lifecycle import Status
from orders.models import Order
from shop.catalog.models import Product, Variant
from shop.demo import content, reviews
from shop.reviews.models import Review

pytestmark = pytest.mark.slow


def test_buyers_have_their_orders_and_say_what_they_think_and_cards_show_the_stars(transactional_db, process_all):
    content.load()
    reviews.load()
    process_all()
    told = json.loads(reviews.FILE.read_text())
    skus = {row["sku"] for buyer in told for row in buyer["reviews"]}
    assert Variant.objects.filter(sku__in=skus).count() == len(skus)
    assert set(Order.objects.values_list("status", flat=True)) == {Status.DELIVERED}
    assert Review.objects.count() == sum(len(buyer["reviews"]) for buyer in told)
    assert Review.objects.filter(state=Review.State.WAITING).count() == 1
    assert {"en", "zh-hans"} == set(Review.objects.values_list("language", flat=True))
    mug = Product.objects.get(slug="stoneware-mug")
    assert (mug.rating.count, mug.rating.average) == (3, "4.7")
    assert "4.7 of 5, 3 reviews" in Client().get("/").content.decode()


def test_a_shop_that_sells_nothing_gets_no_reviews(db):
    reviews.load()
    assert not Review.objects.exists()
