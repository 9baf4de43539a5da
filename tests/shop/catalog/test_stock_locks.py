"""Stock rows are always locked in the same order, so two checkouts never wait for each other."""

import itertools

import pytest
from django.db import transaction

from shop.catalog import stock
from tests.support.factories import VariantFactory

pytestmark = pytest.mark.django_db


def test_the_rows_are_locked_in_the_order_of_their_keys():
    variants = [VariantFactory(stocked=on_hand) for on_hand in (5, 9, 1)]
    canonical = [variant.pk for variant in sorted(variants, key=lambda v: v.stock.pk)]
    for asked in itertools.permutations(variant.pk for variant in variants):
        with transaction.atomic():
            assert list(stock.lock(asked)) == canonical


def test_the_last_one_is_promised_once():
    variant = VariantFactory(stocked=1)
    with transaction.atomic():
        stock.reserve({variant.pk: 1}, "FIRST")
    with pytest.raises(stock.OutOfStock) as refusal, transaction.atomic():
        stock.reserve({variant.pk: 1}, "SECOND")
    assert refusal.value.shortages == [stock.Shortage(variant.pk, 1, 0)]
