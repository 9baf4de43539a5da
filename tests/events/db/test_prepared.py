"""A query set that is composed once brings what Django's would, for any values, in any language and thread."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django.utils.translation import override
from djmoney.money import Money

from events.db.prepared import prepared
from shop.cart.models import Cart, CartLine
from shop.catalog.models import Product, Stock, Variant
from tests.support.factories import ProductFactory, VariantFactory
from tests.support.together import at_once

pytestmark = pytest.mark.django_db


def variants(product: int) -> QuerySet[Variant]:
    """With what hangs on them, some of it perhaps not there."""
    return QuerySet(Variant).filter(product=product).select_related("product__category", "stock").order_by("-pk")


def columns(instance):
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_it_brings_the_same_models_with_what_was_selected_beside_them(django_assert_num_queries):
    product = ProductFactory()
    for option in ("Green", "Ochre"):
        VariantFactory(product=product, stocked=3, option=option)
    VariantFactory(stocked=9)  # another product's
    wanted = prepared(variants)
    wanted(product.pk)
    with django_assert_num_queries(1):
        found = wanted(product.pk)
        beside = [(v.product.category.title, v.stock.available, v.sku) for v in found]
    usual = list(variants(product.pk))
    assert [columns(v) for v in found] == [columns(v) for v in usual]
    assert [columns(v.stock) for v in found] == [columns(v.stock) for v in usual]
    assert beside == [(v.product.category.title, v.stock.available, v.sku) for v in usual]
    assert not found[0]._state.adding


def test_what_is_not_there_is_not_there():
    product = ProductFactory()
    bare = Variant.objects.create(product=product, sku="BARE")
    wanted = prepared(variants)
    assert wanted.first(0) is None
    assert wanted(0) == []
    with pytest.raises(Stock.DoesNotExist):
        wanted.first(product.pk).stock  # noqa: B018 - reading it is the test
    assert wanted.first(product=product.pk) == bare


def test_what_it_cannot_do_it_does_not_do_silently():
    one = prepared(lambda user: QuerySet(Cart).filter(user=user))
    with pytest.raises(TypeError, match="NULL"):
        one(None)
    for wrong in ((), (1, 2)):
        with pytest.raises(TypeError):
            one(*wrong)
    for asked in (
        lambda pk: QuerySet(Cart).filter(pk=pk).prefetch_related("lines"),
        lambda pk: QuerySet(Cart).filter(pk=pk).annotate(n=Count("lines")),
        lambda pk: QuerySet(Cart).filter(pk=pk).values("pk"),
        lambda pk: QuerySet(Cart).filter(pk=pk).using("elsewhere"),
    ):
        with pytest.raises(TypeError, match="whole models"):
            prepared(asked)(1)


def test_it_is_composed_once_and_its_rows_make_the_models():
    asked = []

    @prepared
    def carts(pk: int) -> QuerySet[Cart]:
        asked.append(pk)
        return QuerySet(Cart).filter(pk=pk, user=None)

    one, two = Cart.objects.create(), Cart.objects.create()
    assert [carts.first(one.pk), carts.first(two.pk), carts.models(carts.rows(one.pk))] == [one, two, [one]]
    assert len(asked) == 1


def test_uuids_and_times_are_compared_as_the_database_keeps_them():
    @prepared
    def carts(before: object, key: uuid.UUID, after: object) -> QuerySet[Cart]:
        return QuerySet(Cart).filter(checkout_key=key, updated__gt=after, updated__lte=before)

    cart, now = Cart.objects.create(), timezone.now()
    assert carts(now, cart.checkout_key, now - timedelta(hours=1)) == [cart]
    assert carts(now, uuid.uuid4(), now - timedelta(hours=1)) == []
    assert carts(after=now, before=now, key=cart.checkout_key) == []
    assert type(carts.first(now, cart.checkout_key, now - timedelta(hours=1)).checkout_key) is uuid.UUID


def test_a_value_is_never_part_of_the_statement():
    @prepared
    def products(slug: str, active: bool) -> QuerySet[Product]:
        return QuerySet(Product).filter(slug=slug, featured=False, active=active)

    product = ProductFactory()
    assert products(product.slug, True) == [product]
    for hostile in ("' OR 1=1 --", "%s", "%", '"', product.slug + "' --"):
        assert products(hostile, True) == []
    assert products(product.slug, False) == []


def test_each_reader_gets_their_own_language():
    wanted = prepared(variants)
    product = ProductFactory(title_en="Teapot", title_zh_hans="茶壶")
    VariantFactory(product=product)
    for language, title in (("zh-hans", "茶壶"), ("en", "Teapot"), ("zh-hans", "茶壶")):
        with override(language):
            assert wanted.first(product.pk).product.title == title


@pytest.mark.django_db(transaction=True)
def test_a_row_is_locked_only_inside_a_transaction():
    @prepared
    def locked(pk: int) -> QuerySet[Cart]:
        return QuerySet(Cart).select_for_update().filter(pk=pk)

    cart = Cart.objects.create()
    for _ in range(2):
        with transaction.atomic():
            assert locked.first(cart.pk) == cart
        with pytest.raises(TransactionManagementError):
            locked.first(cart.pk)
    if connection.vendor == "postgresql":
        with transaction.atomic():
            assert "FOR UPDATE" in locked._composed().sql


@pytest.mark.django_db(transaction=True)
def test_threads_that_come_first_together_all_get_theirs():
    product = ProductFactory()
    expected = VariantFactory(product=product, stocked=3)
    wanted = prepared(variants)
    found = at_once(*[partial(wanted.first, product.pk)] * 4)
    assert found == [expected] * 4
    assert {v.stock.on_hand for v in found} == {3}


def test_lines_of_a_cart_come_with_everything_their_page_shows(django_assert_num_queries):
    cart = Cart.objects.create()
    CartLine.objects.create(cart=cart, variant=VariantFactory(stocked=2), quantity=2, price_seen=Money(3, "EUR"))

    @prepared
    def lines(cart: int) -> QuerySet[CartLine]:
        return QuerySet(CartLine).filter(cart=cart).select_related("variant__product", "variant__stock")

    lines(cart.pk)
    with django_assert_num_queries(1):
        (line,) = lines(cart.pk)
        assert (str(line.variant), line.variant.available, line.price_seen) == (
            str(line.variant.product.title),
            2,
            Money(3, "EUR"),
        )
