"""A product is a draft, for sale, for sale from a moment on, or hidden. What is not for sale yet, no shopper sees."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from shop.catalog import publication
from shop.catalog.models import Product, Stock, Variant
from shop.catalog.publication import Status
from tests.shop.catalog.conftest import product_form
from tests.shop.test_keeping_house import sweep
from tests.support.factories import ProductFactory, UserFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name="Catalogue"))
    client.force_login(person)
    return client


def with_status(status, moment=None):
    product = ProductFactory(title=f"Copper {status}", slug=f"copper-{status}")
    VariantFactory(product=product, sku=f"CU-{status}", stocked=5)
    publication.put(product, status, moment)
    product.save()
    return product


def tomorrow():
    return timezone.now() + timedelta(days=1)


def change(client, product, **changes):
    return client.post(f"/admin/catalog/product/{product.pk}/change/", product_form(product, **changes))


@pytest.mark.parametrize(("status", "moment"), [(Status.DRAFT, None), (Status.SCHEDULED, tomorrow())])
def test_what_is_not_for_sale_yet_is_nowhere_in_the_shop(client, status, moment):
    product = with_status(status, moment)
    variant = product.variants.get()
    for address in ("/", "/products/", "/search/?q=copper", "/search/suggest?q=copper", "/sitemap-products.xml"):
        assert product.slug not in client.get(address).content.decode(), address
    assert client.get(f"/search/?q={variant.sku}").status_code == 200  # a list, not the way to its page
    assert client.get(product.get_absolute_url()).status_code == 404
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    assert product.title not in client.get("/cart/").content.decode()


def test_staff_see_it_as_a_preview_that_nobody_keeps(clerk):
    product = with_status(Status.DRAFT)
    answer = clerk.get(product.get_absolute_url())
    page = answer.content.decode()
    assert "No shopper sees this page yet." in page
    assert "Add to cart" not in page
    assert "€20.00" in page
    assert 'content="noindex"' in page
    assert "no-store" in answer["Cache-Control"]


def test_a_member_sees_no_draft(client):
    client.force_login(UserFactory())
    assert client.get(with_status(Status.DRAFT).get_absolute_url()).status_code == 404


def test_what_was_hidden_still_says_that_it_is_gone(client):
    answer = client.get(with_status(Status.HIDDEN).get_absolute_url())
    assert answer.status_code == 410
    assert "no longer for sale" in answer.content.decode()


def test_it_is_for_sale_from_its_moment_on(client):
    product = with_status(Status.SCHEDULED, tomorrow())
    assert sweep("products for sale from now on") == 0
    assert client.get(product.get_absolute_url()).status_code == 404
    Product.objects.filter(pk=product.pk).update(publish_at=timezone.now() - timedelta(seconds=1))
    assert sweep("products for sale from now on") == 1
    assert publication.status_of(Product.objects.get(pk=product.pk)) == Status.FOR_SALE
    assert client.get(product.get_absolute_url()).status_code == 200


def test_the_database_refuses_a_product_with_two_statuses():
    product = with_status(Status.DRAFT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(active=True)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.FOR_SALE, Status.HIDDEN])
def test_each_status_has_its_own_products_and_no_others(status):
    made = {each: with_status(each) for each in (Status.DRAFT, Status.FOR_SALE, Status.HIDDEN)}
    made[Status.SCHEDULED] = with_status(Status.SCHEDULED, tomorrow())
    assert Product.objects.get(publication.CONDITIONS[status]) == made[status]
    assert publication.status_of(made[status]) == status


def test_the_form_gives_a_status_and_a_moment(clerk):
    product = with_status(Status.FOR_SALE)
    moment = {"publish_at": "2999-12-01T09:00"}
    assert change(clerk, product, status="scheduled", **moment).status_code == 302
    product.refresh_from_db()
    assert (publication.status_of(product), product.publish_at.year) == (Status.SCHEDULED, 2999)
    assert change(clerk, product, status="draft").status_code == 302
    product.refresh_from_db()
    assert (publication.status_of(product), product.publish_at) == (Status.DRAFT, None)


def test_a_form_without_a_status_leaves_it(clerk):
    product = with_status(Status.HIDDEN)
    assert change(clerk, product).status_code == 302
    product.refresh_from_db()
    assert publication.status_of(product) == Status.HIDDEN


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "scheduled"}, "From which moment on?"),
        ({"status": "for_sale", "publish_at": "2999-12-01T09:00"}, "take the moment out"),
        ({"status": "scheduled", "publish_at": "soon"}, "Enter a valid date"),
        ({"status": "sold"}, "is not one of the available choices"),
    ],
)
def test_what_is_no_status_is_said_and_changes_nothing(clerk, changes, said):
    product = with_status(Status.HIDDEN)
    answer = change(clerk, product, **changes)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    product.refresh_from_db()
    assert publication.status_of(product) == Status.HIDDEN


def test_a_moment_that_has_passed_is_now(clerk):
    product = with_status(Status.DRAFT)
    change(clerk, product, status="scheduled", publish_at="2020-01-01T09:00")
    product.refresh_from_db()
    assert publication.status_of(product) == Status.FOR_SALE


@pytest.mark.parametrize(("action", "status"), [("hide", Status.HIDDEN), ("put_up_for_sale", Status.FOR_SALE)])
def test_many_products_get_a_status_by_one_press_also_those_of_a_search(clerk, action, status):
    products = [with_status(Status.DRAFT), with_status(Status.SCHEDULED, tomorrow())]
    keys = [product.pk for product in products]
    clerk.post("/admin/catalog/product/?q=CU", {"action": action, "_selected_action": keys})
    assert {publication.status_of(product) for product in Product.objects.filter(pk__in=keys)} == {status}


def test_what_keeps_a_product_from_being_bought_is_said(clerk):
    empty = ProductFactory()
    assert publication.missing(empty) == ["It has no variant for sale, so nobody can buy it."]
    variant = VariantFactory()
    variant.prices.all().delete()
    page = clerk.get(f"/admin/catalog/product/{variant.product_id}/change/").content.decode()
    assert f"Without a price, so not sold: {variant.sku}." in page
    assert f"Without a price, so not sold: {variant.sku}." in clerk.get("/admin/catalog/product/").content.decode()


def test_a_copy_is_a_draft_with_new_skus_the_same_prices_and_no_stock(clerk):
    variant = VariantFactory(option="Green", stocked=9)
    product = variant.product
    page = f"/admin/catalog/product/{product.pk}/copy/"
    assert clerk.get(page).status_code == 200
    answer = clerk.post(page, {"title": "Jug", f"sku-{variant.pk}": " NEW-1 "})
    made = Product.objects.exclude(pk=product.pk).get()
    assert answer.url == f"/admin/catalog/product/{made.pk}/change/"
    assert (made.title, made.slug, publication.status_of(made)) == ("Jug", "jug-copy", Status.DRAFT)
    assert (made.text, made.category_id, made.tax_class) == (product.text, product.category_id, product.tax_class)
    new = Variant.objects.get(product=made)
    assert (new.sku, new.option) == ("NEW-1", "Green")
    assert [str(price.amount) for price in new.prices.all()] == ["€20.00"]
    assert Stock.objects.get(variant=new).on_hand == 0
    product.refresh_from_db()
    assert publication.status_of(product) == Status.FOR_SALE


def test_two_copies_have_two_addresses(clerk):
    variant = VariantFactory()
    page = f"/admin/catalog/product/{variant.product_id}/copy/"
    for sku in ("NEW-1", "NEW-2"):
        clerk.post(page, {"title": "Jug", f"sku-{variant.pk}": sku})
    assert set(Product.objects.values_list("slug", flat=True)) >= {"jug-copy", "jug-copy-2"}


@pytest.mark.parametrize("skus", [("", "B"), ("A", "A"), ("TAKEN", "B"), ("x" * 41, "B")])
def test_a_copy_with_a_sku_that_cannot_be_is_not_made_and_keeps_what_was_typed(clerk, skus):
    VariantFactory(sku="TAKEN")
    product = ProductFactory()
    first, second = VariantFactory(product=product), VariantFactory(product=product)
    names = {f"sku-{first.pk}": skus[0], f"sku-{second.pk}": skus[1], "title": "Jug & Co"}
    answer = clerk.post(f"/admin/catalog/product/{product.pk}/copy/", names)
    assert answer.status_code == 200
    assert 'value="Jug &amp; Co"' in answer.content.decode()
    assert "db-error" in answer.content.decode()
    assert Product.objects.count() == 2


def test_who_may_not_add_products_copies_none(client):
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name="Manager"))
    client.force_login(person)
    assert client.get(f"/admin/catalog/product/{ProductFactory().pk}/copy/").status_code == 403
