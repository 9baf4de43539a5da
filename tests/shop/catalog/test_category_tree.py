"""The tree of categories in admin: what the list shows, what a move does, and what is refused."""

import re

import pytest
from django.contrib.auth.models import Permission
from pytest_django import DjangoAssertNumQueries

from shop.catalog import search_reasons
from shop.catalog.models import Category
from shop.catalog.tree import DEEPEST, Tree
from shop.staff.models import TrailEntry
from tests.support.factories import CategoryFactory, ProductFactory, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LIST = "/admin/catalog/category/"


@pytest.fixture
def keys(db):
    """Home > Kitchen, Table; Garden; Play."""
    home = CategoryFactory(slug="home", title="Home")
    for slug in ("garden", "play"):
        CategoryFactory(slug=slug, title=slug.title())
    for slug in ("kitchen", "table"):
        Category.objects.add_child(home, instance=Category(slug=slug, title=slug.title()))
    return dict(Category.objects.values_list("slug", "pk"))


def shape():
    assert Category.objects.find_problems() == ([], [], [], [], [])
    return " ".join("·" * (row.depth - 1) + row.slug for row in Category.objects.all())


def moved(client, *way, seen=None):
    """The answer to a move, such as (7, "up") or (7, "before", 9)."""
    sent = {"move": ":".join(map(str, way)), "tree": Tree().seen if seen is None else seen}
    return client.post(f"{LIST}move/", sent, follow=True)


def words(answer):
    return " ".join(answer.content.decode().split())


def test_the_list_shows_levels_products_and_the_steps_that_each_can_go(owner, keys):
    for slug in ("home", "kitchen", "kitchen"):
        ProductFactory(category=Category.objects.get(slug=slug))
    page = owner.get(LIST).content.decode()
    assert re.findall(r'data-category="(\d+)"\s+data-depth="(\d)"', page) == [
        (str(keys[slug]), depth)
        for slug, depth in (("home", "1"), ("kitchen", "2"), ("table", "2"), ("garden", "1"), ("play", "1"))
    ]
    assert "3 (1 directly)" in page
    offered = re.findall(r'value="(\d+:\w+)"', page)
    steps = {
        "home": ["down"],
        "kitchen": ["down", "out"],
        "table": ["up", "out", "in"],
        "garden": ["up", "down", "in"],
        "play": ["up", "in"],
    }
    assert offered == [f"{keys[slug]}:{step}" for slug in steps for step in steps[slug]]


@pytest.mark.parametrize(
    ("way", "then"),
    [
        ("garden up", "garden home ·kitchen ·table play"),
        ("home down", "garden home ·kitchen ·table play"),
        ("garden in", "home ·kitchen ·table ·garden play"),
        ("table out", "home ·kitchen table garden play"),
        ("table in", "home ·kitchen ··table garden play"),
        ("play before home", "play home ·kitchen ·table garden"),
        ("home after play", "garden play home ·kitchen ·table"),
        ("home inside garden", "garden ·home ··kitchen ··table play"),
        ("play before table", "home ·kitchen ·play ·table garden"),
        ("kitchen after garden", "home ·table garden kitchen play"),
    ],
)
def test_a_move(owner, keys, way, then):
    key, verb, *other = way.split()
    answer = moved(owner, keys[key], verb, *(keys[each] for each in other))
    assert shape() == then
    assert answer.redirect_chain == [(f"{LIST}#move-{keys[key]}", 302)], "its row has the focus again"
    title = key.title()
    assert f"“{title}” was moved. It is here now: {Tree().place(Category.objects.get(slug=key))}." in words(answer)
    assert TrailEntry.objects.get().object == title


@pytest.mark.parametrize("way", ["home inside kitchen", "home before kitchen", "home after table", "home inside home"])
def test_nothing_is_moved_into_itself(owner, keys, way):
    key, verb, other = way.split()
    assert "cannot be moved into itself" in words(moved(owner, keys[key], verb, keys[other]))
    assert shape() == "home ·kitchen ·table garden play"


@pytest.mark.parametrize(("key", "verb"), [("home", "up"), ("home", "in"), ("home", "out"), ("play", "down")])
def test_a_step_that_was_not_offered_is_refused(owner, keys, key, verb):
    assert "cannot be moved there" in words(moved(owner, keys[key], verb))
    assert shape() == "home ·kitchen ·table garden play"


def test_a_page_of_before_moves_nothing_and_says_where_the_category_is_now(owner, keys):
    seen = Tree().seen
    moved(owner, keys["table"], "out", seen=seen)
    for way in ((keys["table"], "out"), (keys["table"], "before", keys["home"])):
        said = words(moved(owner, *way, seen=seen))
        assert "the tree has changed meanwhile. “Table” is here now: Table, 2 of 4." in said
    assert shape() == "home ·kitchen table garden play"


@pytest.mark.parametrize(
    "way", ["", ":", "x", "{home}", "{home}:sideways", "{home}:up:", ":up", f"{'9' * 40}:up", "\0:up", "²:up"]
)
def test_nonsense_moves_nothing(owner, keys, way):
    said = words(moved(owner, way.format(**keys)))
    assert "Nothing was moved" in said or "cannot be moved" in said
    assert shape() == "home ·kitchen ·table garden play"


def test_what_is_gone_is_not_moved_and_no_place_to_move_to(owner, keys):
    Category.objects.filter(slug="play").delete()
    for way in ((keys["play"], "up"), (keys["home"], "before", keys["play"]), (keys["home"], "inside", "")):
        assert "the category is gone" in words(moved(owner, *way))
    assert shape() == "home ·kitchen ·table garden"


def test_the_tree_has_a_deepest_level(owner, keys):
    parent = Category.objects.get(slug="play")
    for level in range(2, DEEPEST + 1):
        parent = Category.objects.add_child(parent, instance=Category(slug=f"level-{level}", title=f"Level {level}"))
    said = words(moved(owner, keys["garden"], "inside", parent.pk))
    assert f"there can be {DEEPEST} levels at most" in said
    assert f'value="{parent.pk}"' not in owner.get(f"{LIST}add/").content.decode()
    steps = Tree().steps(Category.objects.get(slug="play"))
    assert "in" not in steps, "its branch would be too deep"


def test_who_may_only_look_gets_no_buttons_and_moves_nothing(client, keys):
    person = UserFactory(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename="view_category"))
    client.force_login(person)
    page = client.get(LIST).content.decode()
    assert "Kitchen" in page
    assert ":up" not in page
    assert "db-handle" not in page
    assert moved(client, keys["garden"], "up").status_code == 403
    assert shape() == "home ·kitchen ·table garden play"


def test_the_shop_follows_at_once(owner, client, keys, django_capture_on_commit_callbacks):
    VariantFactory(product__category=Category.objects.get(slug="table"), product__title="Cloth")

    def counted():
        nodes = client.get("/products/").context["categories"]
        return {row["category"].slug: (row["n"], [each["category"].slug for each in row["children"]]) for row in nodes}

    assert counted()["home"] == (1, ["kitchen", "table"])
    search_reasons.category_of("table")
    with django_capture_on_commit_callbacks(execute=True):
        moved(owner, keys["table"], "inside", keys["garden"])
    assert search_reasons._titles._found == {}, "what is kept for a minute is read again"
    assert counted() == {"home": (0, ["kitchen"]), "garden": (1, ["table"]), "play": (0, [])}
    assert "Cloth" in client.get("/products/?category=garden").content.decode()
    assert "Cloth" not in client.get("/products/?category=home").content.decode()


def test_a_category_shows_what_is_at_any_level_below_it(client, keys):
    parent = Category.objects.get(slug="kitchen")
    low = Category.objects.add_child(parent, instance=Category(slug="low", title="Low"))
    VariantFactory(product__category=low, product__title="Cloth")
    page = client.get("/products/?category=kitchen")
    assert "Cloth" in page.content.decode()
    (home, *_) = page.context["categories"]
    assert [(row["n"], [each["n"] for each in row["children"]]) for row in home["children"]] == [(1, [1]), (0, [])]


def test_a_new_category_is_put_into_the_one_that_was_chosen(owner, keys):
    texts = {"title_en": "Pans", "title_zh_hans": "", "blurb_en": "", "blurb_zh_hans": ""}
    owner.post(f"{LIST}add/", {"slug": "pans", "parent": keys["kitchen"], **texts})
    assert shape() == "home ·kitchen ··pans ·table garden play"
    assert 'name="parent"' not in owner.get(f"{LIST}{keys['home']}/change/").content.decode()


def test_the_list_asks_the_database_no_more_often_for_a_larger_tree(
    owner, keys, django_assert_max_num_queries: DjangoAssertNumQueries
):
    for n in range(30):
        CategoryFactory(slug=f"more-{n}")
    owner.get(LIST)
    with django_assert_max_num_queries(12):
        owner.get(LIST)
