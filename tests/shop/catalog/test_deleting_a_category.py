"""Deleting a category: the page names what is below, and refuses in words where products stand."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import ProtectedError

from shop.catalog.admin import CategoryAdmin
from shop.catalog.models import Category, Product
from tests.support.factories import CategoryFactory, ProductFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/category/"


@pytest.fixture
def owner(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def tree(db):
    """Kitchen > Pans > Woks, and Garden beside it."""
    kitchen = CategoryFactory(slug="kitchen", title_en="Kitchen")
    CategoryFactory(slug="garden", title_en="Garden")
    pans = Category.objects.add_child(kitchen, instance=Category(slug="pans", title_en="Pans"))
    Category.objects.add_child(pans, instance=Category(slug="woks", title_en="Woks"))
    return {category.slug: category for category in Category.objects.all()}


def by_page(client, category, **sent):
    url = f"{LIST}{category.pk}/delete/"
    return client.post(url, sent, follow=True) if sent else client.get(url)


def by_list(client, category, **sent):
    chosen = {"action": "delete_selected", "_selected_action": [category.pk], **sent}
    return client.post(LIST, chosen, follow=True)


@pytest.mark.parametrize("ask", [by_page, by_list])
def test_the_question_names_every_category_below(owner, tree, ask):
    said = ask(owner, tree["kitchen"]).content.decode()
    assert "Categories below, which are deleted too: 2 (Pans, Woks)." in said
    assert Category.objects.count() == 4


@pytest.mark.parametrize("delete", [by_page, by_list])
def test_after_the_question_the_whole_branch_goes_and_nothing_else(owner, tree, delete):
    assert delete(owner, tree["kitchen"], post="yes").status_code == 200
    assert [category.slug for category in Category.objects.all()] == ["garden"]


@pytest.mark.parametrize("delete", [by_page, by_list])
@pytest.mark.parametrize("place", ["kitchen", "pans", "woks"])
def test_a_branch_with_a_product_is_refused_in_words(owner, tree, delete, place):
    ProductFactory(title="Iron wok", title_en="Iron wok", category=tree[place])
    for sent in ({}, {"post": "yes"}):
        answer = delete(owner, tree["kitchen"], **sent)
        assert answer.status_code == 200
        said = answer.content.decode()
        assert "This cannot be deleted. Products that stand there: 1 (Iron wok)." in said
        assert "Move them to another category first." in said
        assert "Nothing was deleted" not in said, "refused by the check, before the database had to"
    assert Category.objects.count() == 4
    assert Product.objects.count() == 1


@pytest.mark.parametrize("delete", [by_page, by_list])
def test_a_product_that_arrives_after_the_check_is_not_lost_and_not_an_error(owner, tree, delete, monkeypatch):
    """The check sees no product, the database does."""
    ProductFactory(category=tree["woks"])
    monkeypatch.setattr(CategoryAdmin, "get_deleted_objects", lambda self, objs, request: ([], {}, set(), []))
    answer = delete(owner, tree["kitchen"], post="yes")
    assert answer.status_code == 200
    assert "Nothing was deleted: a product was put there meanwhile." in answer.content.decode()
    assert Category.objects.count() == 4
    assert not LogEntry.objects.exists()


def test_the_database_itself_refuses_to_delete_under_a_product(tree):
    ProductFactory(category=tree["woks"])
    with pytest.raises(ProtectedError):
        tree["kitchen"].delete()
