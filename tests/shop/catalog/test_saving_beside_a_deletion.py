"""A product is saved in the instant in which its category is deleted: a sentence says so, and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, connection, connections
from django.db.models import ProtectedError
from django.db.models.signals import post_save
from unfold.admin import ModelAdmin

from shop.catalog.models import Category, Product
from tests.support.factories import CategoryFactory, ProductFactory

pytestmark = pytest.mark.slow

SAID = "This category was deleted meanwhile. Please choose another one."


def save(owner, product, category):
    """Send the product's form, with another title and that category."""
    return owner.post(
        f"/admin/catalog/product/{product.pk}/change/",
        {
            "title_en": "Copper kettle",
            "slug": "copper-kettle",
            "category": category.pk,
            "active": "on",
            "tax_class": "standard",
            **{f"{name}-{kind}_FORMS": 0 for name in ("variants", "pictures") for kind in ("TOTAL", "INITIAL")},
        },
    )


def said_and_kept(answer, product):
    page = answer.content.decode()
    assert answer.status_code == 200
    assert SAID in page
    assert 'value="Copper kettle"' in page
    assert [str(each) for each in get_messages(answer.wsgi_request)] == []
    assert Product.objects.get(pk=product.pk).title == "Pan"


@pytest.mark.django_db
def test_what_the_database_refuses_is_said_in_the_form(owner, monkeypatch):
    product, category = ProductFactory(title="Pan"), CategoryFactory()
    real, tries = ModelAdmin.changeform_view, []

    def refused_once(self, *parts, **named):
        tries.append(1)
        if len(tries) == 1:
            Category.objects.filter(pk=category.pk).delete()
            raise IntegrityError("the category is gone")
        return real(self, *parts, **named)

    monkeypatch.setattr(ModelAdmin, "changeform_view", refused_once)
    said_and_kept(save(owner, product, category), product)
    assert len(tries) == 2


@pytest.mark.django_db(transaction=True)
def test_a_category_that_is_deleted_between_the_look_and_the_commit_is_said_in_the_form(owner):
    product, category = ProductFactory(title="Pan"), CategoryFactory()
    deletions = []

    def delete():
        try:
            Category.objects.filter(pk=category.pk).delete()
        finally:
            connections.close_all()

    def saved(instance, **_):
        deletions.append(other.submit(delete))
        if connection.vendor == "postgresql":
            deletions[0].result(20)

    post_save.connect(saved, sender=Product)
    try:
        with ThreadPoolExecutor(1) as other:
            answer = save(owner, product, category)
    finally:
        post_save.disconnect(saved, sender=Product)
    if connection.vendor == "postgresql":
        said_and_kept(answer, product)
    else:  # one writes at a time: the deletion waits, and then the category is in use
        assert answer.status_code == 302
        with pytest.raises(ProtectedError):
            deletions[0].result()


@pytest.mark.django_db
def test_a_category_that_was_deleted_before_is_said_too(owner):
    product, category = ProductFactory(title="Pan"), CategoryFactory()
    Category.objects.filter(pk=category.pk).delete()
    said_and_kept(save(owner, product, category), product)
