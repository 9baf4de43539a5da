"""Deleting a category: the page says what is in it and asks where that goes; old addresses lead there."""

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError

from shop.catalog import removal
from shop.catalog.models import Category, FormerSlug, Product
from shop.staff.models import TrailEntry
from tests.support.factories import CategoryFactory, ProductFactory, PromotionFactory, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LIST = "/admin/catalog/category/"


@pytest.fixture
def tree(db):
    """Kitchen > Pans > Woks, and Garden beside it."""
    kitchen = CategoryFactory(slug="kitchen", title="Kitchen")
    CategoryFactory(slug="garden", title="Garden")
    pans = Category.objects.add_child(kitchen, instance=Category(slug="pans", title="Pans"))
    Category.objects.add_child(pans, instance=Category(slug="woks", title="Woks"))
    return {category.slug: category for category in Category.objects.all()}


def slugs():
    assert Category.objects.find_problems() == ([], [], [], [], [])
    return [(category.slug, category.depth) for category in Category.objects.all()]


def asked(client, *categories):
    """The question, from the page of one category or from the list."""
    if len(categories) == 1:
        return client.get(f"{LIST}{categories[0].pk}/delete/").content.decode()
    chosen = {"action": "delete_selected", "_selected_action": [category.pk for category in categories]}
    return client.post(LIST, chosen).content.decode()


def removed(client, *categories, **ways):
    sent = {"key": [category.pk for category in categories], **ways}
    return client.post(f"{LIST}remove/", sent, follow=True).content.decode()


def test_the_question_counts_what_is_in_it_and_offers_the_category_above_first(owner, tree):
    for _ in range(2):
        ProductFactory(category=tree["pans"])
    ProductFactory(category=tree["woks"])
    said = asked(owner, tree["pans"])
    assert "In it now: 2 products and 1 category." in " ".join(said.split())
    assert said.count('<option value="above">Kitchen (the category above)</option>') == 2
    assert f'<option value="{tree["pans"].pk}"' not in said, "nothing goes to what is deleted"
    assert Category.objects.count() == 4


def test_an_empty_category_is_deleted_without_a_choice(owner, tree):
    said = asked(owner, tree["garden"])
    assert "Nothing is in it." in said
    assert "<select" not in said.split("<main")[-1].split('action="/admin/catalog/category/remove/"')[1]
    assert "Deleted: Garden." in removed(owner, tree["garden"])
    assert slugs() == [("kitchen", 1), ("pans", 2), ("woks", 3)]


def test_things_go_where_they_were_sent(owner, tree):
    pan, wok = ProductFactory(category=tree["pans"]), ProductFactory(category=tree["woks"])
    said = removed(owner, tree["pans"], categories="above", products=tree["garden"].pk)
    assert "Moved: 1 product and 1 category." in said
    assert slugs() == [("kitchen", 1), ("woks", 2), ("garden", 1)]
    pan.refresh_from_db()
    wok.refresh_from_db()
    assert (pan.category.slug, wok.category.slug) == ("garden", "woks")


def test_categories_take_the_place_of_the_one_that_is_deleted(owner, tree):
    removed(owner, tree["kitchen"], categories="above")
    assert slugs() == [("pans", 1), ("woks", 2), ("garden", 1)]


def test_a_category_goes_into_another_one_with_all_below_it(owner, tree):
    removed(owner, tree["kitchen"], categories=tree["garden"].pk)
    assert slugs() == [("garden", 1), ("pans", 2), ("woks", 3)]


def test_of_the_top_level_products_need_a_choice(owner, tree):
    ProductFactory(category=tree["kitchen"])
    said = removed(owner, tree["kitchen"], categories="above")
    assert "This field is required." in said
    assert Category.objects.count() == 4
    removed(owner, tree["kitchen"], categories="above", products=tree["pans"].pk)
    assert Product.objects.get().category.slug == "pans"


def test_several_are_deleted_at_once_and_each_gives_to_the_next_one_above_that_stays(owner, tree):
    ProductFactory(category=tree["woks"])
    lids = Category.objects.add_child(tree["woks"], instance=Category(slug="lids", title="Lids"))
    ProductFactory(category=lids)
    said = asked(owner, tree["pans"], tree["woks"])
    assert "In it now: 1 product and 1 category." in " ".join(said.split())
    removed(owner, tree["pans"], tree["woks"], categories="above", products="above")
    assert slugs() == [("kitchen", 1), ("lids", 2), ("garden", 1)]
    assert sorted(Product.objects.values_list("category__slug", flat=True)) == ["kitchen", "lids"]


@pytest.mark.parametrize("way", ["", "above", "nonsense", "0", "9" * 40, "woks", "pans"])
def test_a_place_that_cannot_be_is_asked_for_again_and_nothing_is_lost(owner, tree, way):
    ProductFactory(category=tree["pans"])
    way = str(tree[way].pk) if way in tree else way
    said = removed(owner, tree["pans"], categories=way, products="nonsense")
    assert "db-error" in said
    assert Category.objects.count() == 4


def test_what_is_gone_already_is_said(owner, tree):
    Category.objects.filter(slug="garden").delete()
    assert "The category is gone already." in removed(owner, tree["garden"])
    assert "The category is gone already." in removed(owner, CategoryFactory.build(pk="9" * 40))


def test_the_only_category_cannot_be_deleted_under_its_products(owner):
    category = ProductFactory().category
    said = asked(owner, category)
    assert "Add another category for the products first." in said
    assert "Move them and delete" not in said
    removed(owner, category, products=category.pk)
    assert Category.objects.count() == 1


def test_a_promotion_for_it_alone_is_in_the_way(owner, tree):
    alone, other = PromotionFactory(title="Pans for less"), PromotionFactory(title="Two kinds")
    alone.categories.set([tree["garden"]])
    other.categories.set([tree["garden"], tree["kitchen"]])
    said = asked(owner, tree["garden"])
    assert "Pans for less" in said
    assert "Two kinds" not in said
    removed(owner, tree["garden"])
    assert Category.objects.filter(slug="garden").exists()


def test_shoppers_are_led_to_where_things_went(owner, client, tree):
    ProductFactory(category=tree["woks"])
    removed(owner, tree["woks"], products=tree["garden"].pk)
    old = client.get("/products/?category=woks&in_stock=1")
    assert (old.status_code, old["Location"]) == (301, "/products/?category=garden&in_stock=1")
    removed(owner, tree["garden"], products=tree["pans"].pk)
    assert client.get("/products/?category=woks")["Location"] == "/products/?category=pans", "in one step"
    assert client.get("/products/?category=garden")["Location"] == "/products/?category=pans"
    assert client.get("/products/?category=never").status_code == 404
    assert client.get("/search/?q=x&category=garden")["Location"] == "/search/?q=x&category=pans"


def test_a_changed_slug_leaves_an_address_behind_and_a_new_category_may_take_it(owner, client, tree):
    texts = {"title_en": "Garden", "title_zh_hans": "", "blurb_en": "", "blurb_zh_hans": ""}
    owner.post(f"{LIST}{tree['garden'].pk}/change/", {"slug": "outdoors", **texts})
    assert client.get("/products/?category=garden")["Location"] == "/products/?category=outdoors"
    CategoryFactory(slug="garden")
    assert client.get("/products/?category=garden").status_code == 200


def test_the_search_the_counts_and_the_sitemap_follow(owner, client, tree):
    VariantFactory(product=ProductFactory(category=tree["pans"], title="Iron pan", slug="iron-pan"))
    page = "/products/iron-pan/"
    assert "category=pans" in client.get(page).content.decode()
    client.get("/products/")
    removed(owner, tree["pans"], categories="above", products=tree["garden"].pk)
    assert "category=garden" in client.get(page).content.decode()
    counted = {row["category"].slug: row["n"] for row in client.get("/products/").context["categories"]}
    assert counted == {"kitchen": 0, "garden": 1}
    assert "category=pans" not in client.get("/sitemap-pages.xml").content.decode()
    assert "Iron pan" in client.get("/search/?q=garden").content.decode()


def test_who_may_not_move_things_is_told_and_deletes_nothing(client, tree):
    person = UserFactory(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=["view_category", "delete_category"]))
    client.force_login(person)
    ProductFactory(category=tree["pans"])
    said = asked(client, tree["pans"])
    assert "You may not move the categories that are in it." in said
    assert "You may not move the products that are in it." in said
    removed(client, tree["pans"], categories="above", products="above")
    assert Category.objects.count() == 4
    assert "Deleted: Garden." in removed(client, tree["garden"])


def test_who_may_not_delete_is_not_let_in(client, tree):
    client.force_login(UserFactory(is_staff=True))
    for answer in (
        client.get(f"{LIST}{tree['garden'].pk}/delete/"),
        client.post(f"{LIST}{tree['garden'].pk}/delete/"),
        client.post(f"{LIST}remove/", {"key": tree["garden"].pk}),
    ):
        assert answer.status_code == 403


def test_a_product_that_comes_in_the_last_moment_refuses_the_deletion_in_words(owner, tree, monkeypatch):
    def late(*_):
        raise IntegrityError

    monkeypatch.setattr(removal.Removal, "carry_out", late)
    assert "Nothing was deleted: a product was put there meanwhile." in removed(owner, tree["garden"])


def test_the_trail_names_what_was_moved_and_deleted(owner, tree):
    pan = ProductFactory(category=tree["pans"])
    removed(owner, tree["pans"], categories="above", products="above")
    done = set(TrailEntry.objects.values_list("kind", "object", "action"))
    assert done == {
        ("catalog.category", "Woks", "changed"),
        ("catalog.product", pan.title, "changed"),
        ("catalog.category", "Pans", "deleted"),
    }
    moved = TrailEntry.objects.get(object="Woks")
    assert moved.changes == {"place": ["Kitchen › Pans › Woks, 1 of 1", "Kitchen › Woks, 1 of 2"]}
    assert FormerSlug.objects.get().category == tree["kitchen"]
