"""A product that has a stock cannot be deleted: its page offers to hide it, and nothing that must fail."""

import pytest
from django.contrib.auth.models import Permission

from shop.catalog.models import Product
from tests.support.factories import ProductFactory, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LIST = "/admin/catalog/product/"


def test_what_has_a_stock_is_hidden_and_not_deleted(owner):
    product = VariantFactory(stocked=0).product
    page = owner.get(f"{LIST}{product.pk}/change/").content.decode()
    assert f"{LIST}{product.pk}/delete/" not in page
    assert "-DELETE" not in page.split('id="variants-group"')[1].split('id="pictures-group"')[0]
    assert f'action="{LIST}{product.pk}/hide/"' in page
    assert owner.post(f"{LIST}{product.pk}/delete/", {"post": "yes"}).status_code == 403
    said = owner.post(f"{LIST}{product.pk}/hide/", follow=True).content.decode()
    assert "is hidden: no shopper finds it." in said
    assert "/hide/" not in said, "it is hidden already"
    product.refresh_from_db()
    assert not product.active
    assert owner.get(product.get_absolute_url()).status_code == 410


def test_what_has_none_can_be_deleted(owner):
    product = ProductFactory()
    assert f"{LIST}{product.pk}/delete/" in owner.get(f"{LIST}{product.pk}/change/").content.decode()
    owner.post(f"{LIST}{product.pk}/delete/", {"post": "yes"})
    assert not Product.objects.exists()


def test_the_list_offers_to_hide_and_no_deletion_that_fails(owner):
    VariantFactory(stocked=0)
    page = owner.get(LIST).content.decode()
    assert 'value="hide"' in page
    assert "delete_selected" not in page


def test_who_may_only_look_hides_nothing_and_what_is_gone_is_not_found(client, owner):
    product = VariantFactory(stocked=0).product
    assert owner.post(f"{LIST}0/hide/").status_code == 404
    assert owner.get(f"{LIST}{product.pk}/hide/").status_code == 405
    person = UserFactory(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename="view_product"))
    client.force_login(person)
    assert "/hide/" not in client.get(f"{LIST}{product.pk}/change/").content.decode()
    assert client.post(f"{LIST}{product.pk}/hide/").status_code == 403
    product.refresh_from_db()
    assert product.active
