"""The copy of the demo's content is the content."""

import pytest
from django.apps import apps
from django.core.management import call_command

from events.models import Delivery, Event
from events.operations import verification
from orders.models import Order
from shop.catalog import search
from shop.catalog.models import Product
from tests.support import demo_content
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture
def made(transactional_db, monkeypatch):
    """The rows of the content, just made."""
    for name in ("_rows", "_files"):
        monkeypatch.setattr(demo_content, name, {})
    empty()
    demo_content.load()
    return everything()


def everything():
    models = [model for model in apps.get_models(include_auto_created=True) if model is not Delivery]
    return {model: sorted(map(repr, model._base_manager.values_list())) for model in models}


def empty():
    call_command("flush", interactive=False, verbosity=0)


def test_the_copy_has_every_row_is_found_and_sold_and_its_events_are_whole(made):
    assert len(made[Event]) > 50
    empty()
    assert not Product.objects.exists()
    demo_content.load()
    assert everything() == made
    assert not Delivery.objects.exists()
    assert list(verification.verify()) == []
    assert search.keys("pan")
    assert all(product.picture.storage.exists(product.picture.name) for product in Product.objects.all())
    assert make_order() in Order.objects.all()


def test_pictures_that_a_test_deleted_are_there_again(made):
    picture = Product.objects.first().picture
    picture.storage.delete(picture.name)
    empty()
    demo_content.load()
    assert picture.storage.exists(picture.name)


def test_a_key_that_is_taken_makes_it_anew(made):
    empty()
    UserFactory(pk=1)
    demo_content.load()
    assert Product.objects.count() == len(made[Product])
