"""Importing a list of products that are there already: prices, stock and titles of these."""

import io

import pytest
from django.core.management import call_command
from django.db import transaction
from djmoney.money import Money

from shop.catalog import stock
from shop.catalog.models import Stock, Variant
from tests.support.factories import ProductFactory, VariantFactory, price_of

pytestmark = pytest.mark.django_db


def load(tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_text(text)
    out, err = io.StringIO(), io.StringIO()
    call_command("import_catalog", str(path), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_stock_column_is_a_count_of_what_is_on_hand(tmp_path):
    variant = VariantFactory(sku="A1", stocked=3, price=Money("1.00", "EUR"))
    out, _ = load(tmp_path, f"sku,title,price,stock\nA1,{variant.product.title},1.00,8\n")
    assert "1 updated" in out
    assert Stock.objects.get(sku="A1").on_hand == 8


def test_a_row_without_a_count_leaves_the_stock_as_it_is(tmp_path):
    VariantFactory(sku="A1", stocked=3)
    load(tmp_path, "sku,title,price,stock\nA1,Teapot,1.00,\n")
    assert Stock.objects.get(sku="A1").on_hand == 3


def test_a_count_below_what_is_promised_is_named_and_the_rest_of_the_row_is_kept(tmp_path):
    variant = VariantFactory(sku="A1", stocked=3)
    with transaction.atomic():
        stock.reserve({variant.pk: 2}, "K7QF3-M2XD9")
    _, err = load(tmp_path, "sku,title,price,stock\nA1,Teapot,7.00,1\n")
    assert "line 2: 2 of A1 are promised to orders" in err
    assert Stock.objects.get(sku="A1").on_hand == 3
    assert price_of(Variant.objects.get(sku="A1")) == Money("7.00", "EUR")


def test_the_title_of_a_product_with_options_stays(tmp_path):
    product = ProductFactory(title="Teapot")
    VariantFactory(sku="A1", product=product, option="Green", stocked=1)
    load(tmp_path, "sku,title,price\nA1,Teapot green large,7.00\n")
    product.refresh_from_db()
    assert product.title == "Teapot"
    assert price_of(Variant.objects.get(sku="A1")) == Money("7.00", "EUR")
