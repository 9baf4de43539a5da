"""Each count beside a filter is what a press on it shows; counting asks the database for nothing."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils.translation import override
from djmoney.money import Money

from shop.catalog import facets, listing, prices, stock
from shop.catalog.listing import Asked
from shop.catalog.models import Product, Stock, Variant
from shop.catalog.tree import Tree
from tests.support.factories import CategoryFactory, ProductFactory, VariantFactory, set_price

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

OPTIONS = [("", ""), ("Sage", "鼠尾草绿"), ("Clay", ""), ("", "黏土"), ("XL", "XL"), ("Sage", "")]


def short(variant):
    """More pieces are promised than there are."""
    with transaction.atomic():
        stock.reserve({variant.pk: 3}, f"AAAAA-{variant.pk:05}")
    stock.adjust(variant, 2, short=True)


def any_catalogue(chance):
    """Products of all kinds: without variants, for sale or not, in several currencies, sold out, short of stock."""
    categories = [CategoryFactory() for _ in range(3)]
    for _ in range(12):
        product = ProductFactory(category=chance.choice(categories), active=chance.random() < 0.9)
        for _ in range(chance.randrange(4)):
            option, option_zh = chance.choice(OPTIONS)
            amount, currency = chance.choice(["5.00", "9.99", "10.00", "20.00", "35.50"]), chance.choice(["EUR", "USD"])
            variant = VariantFactory(
                product=product,
                option=option,
                option_zh_hans=option_zh,
                price=Money(amount, currency),
                active=chance.random() < 0.85,
                stocked=chance.choice([0, 4]),
            )
            if chance.random() < 0.3:
                set_price(variant, Money("7.00", "USD"), Money(chance.choice(["3.00", "12.00"]), "EUR"))
            if chance.random() < 0.1:
                Stock.objects.filter(variant=variant).delete()
            elif chance.random() < 0.3 and Stock.objects.get(variant=variant).on_hand:
                short(variant)
    return categories


def any_filters(chance):
    return Asked(
        low=chance.choice([None, None, Decimal(8), Decimal("9.99")]),
        high=chance.choice([None, None, Decimal(10), Decimal(30)]),
        in_stock=chance.random() < 0.4,
        options=tuple(chance.sample(["Sage", "Clay", "黏土", "XL", "Plaid"], chance.choice([0, 0, 1, 2]))),
    )


def shown(asked, below=(), scope=None):
    """The keys of the products that the list shows."""
    products = Product.objects.filter(active=True)
    products = products if scope is None else products.filter(pk__in=scope)
    fitting = listing.narrowed(products, asked, "EUR", below)
    return set(fitting.filter(prices.sold_in("EUR")).values_list("pk", flat=True))


@pytest.mark.parametrize("seed", range(4))
def test_each_count_is_what_the_list_with_this_filter_shows(seed):
    chance = random.Random(seed)
    categories = any_catalogue(chance)
    everything = [*Product.objects.values_list("pk", flat=True)]
    for _ in range(25):
        asked = any_filters(chance)
        below = chance.choice([[], [categories[0].pk], [each.pk for each in categories[1:]]])
        scope = chance.choice([None, None, chance.sample(everything, 6), []])
        with override(chance.choice(["en", "zh-hans"])):
            counted = facets.count(asked, "EUR", Tree(), below, scope)
        for category in categories:
            assert counted.categories.get(category.pk, 0) == len(shown(asked, [category.pk], scope)), asked
        assert counted.total == len(shown(asked, below, scope)), asked
        assert counted.in_stock == len(shown(replace(asked, in_stock=True), below, scope)), asked
        for low, high, n in counted.bands:
            assert n == len(shown(replace(asked, low=low, high=high), below, scope)), asked
        for option, n in counted.options:
            assert n == len(shown(replace(asked, options=(option,)), below, scope)), (asked, option)
        every = shown(replace(asked, low=None, high=None), below, scope)
        assert (counted.low is None) == (not every)
        assert not every or shown(replace(asked, low=counted.low, high=counted.high), below, scope) == every


def test_an_option_without_a_translation_is_offered_as_it_is_called():
    VariantFactory(option="Sage", option_zh_hans="鼠尾草绿")
    VariantFactory(option="Clay", option_zh_hans="")
    tree = Tree()
    with override("zh-hans"):
        assert facets.count(Asked(), "EUR", tree).options == [("Clay", 1), ("鼠尾草绿", 1)]
    with override("en"):
        assert facets.count(Asked(), "EUR", tree).options == [("Clay", 1), ("Sage", 1)]


def test_what_is_promised_to_orders_beyond_the_stock_is_not_in_stock():
    variant = VariantFactory(stocked=5)
    short(variant)
    assert Variant.objects.get(pk=variant.pk).available == 0
    assert not shown(Asked(in_stock=True))


def test_what_is_on_sale_is_read_by_one_query_for_any_filters(django_assert_num_queries):
    chance = random.Random(7)
    any_catalogue(chance)
    tree = Tree()
    with django_assert_num_queries(1):
        facets.count(Asked(), "EUR", tree)
    with django_assert_num_queries(0):
        for _ in range(20):
            facets.count(any_filters(chance), "EUR", tree)
