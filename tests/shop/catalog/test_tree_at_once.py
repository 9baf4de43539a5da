"""Several change the tree of categories at once: it stays a tree, and each move is done whole or refused in words."""

import pytest

from shop.catalog import tree
from shop.catalog.models import Category
from shop.catalog.removal import Removal
from shop.catalog.tree import Place, Refused, Step, Tree
from tests.support.factories import CategoryFactory, ProductFactory
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rows():
    """A, B, C and D, each with one below it."""
    found = []
    for name in "abcd":
        found.append(CategoryFactory(slug=name, title=name))
        Category.objects.add_child(found[-1], instance=Category(slug=f"{name}-below", title=name))
    return found


def whole():
    assert Category.objects.find_problems() == ([], [], [], [], [])


def attempt(work):
    """Whether it was done."""
    try:
        work()
    except Refused:
        return False
    return True


def test_of_two_moves_from_one_page_one_is_done(rows):
    a, b, c, d = rows
    for _round in range(5):
        seen = Tree().seen
        done = at_once(
            lambda seen=seen: attempt(lambda: tree.move(a.pk, b.pk, Place.INSIDE, seen)),
            lambda seen=seen: attempt(lambda: tree.move(b.pk, a.pk, Place.INSIDE, seen)),
        )
        assert sorted(done) == [False, True]
        whole()
        for each in (a, b):
            if attempt(lambda each=each: tree.step(each.pk, Step.OUT, Tree().seen)):
                break


def test_moves_additions_and_deletions_at_once_leave_a_tree(rows):
    a, b, c, d = rows
    product = ProductFactory(category=c)

    def delete():
        with tree.changing():
            Removal([c.pk]).carry_out("above", str(d.pk))

    for n in range(3):
        at_once(
            lambda: attempt(lambda: tree.move(a.pk, d.pk, Place.INSIDE, Tree().seen)),
            lambda: attempt(lambda: tree.step(b.pk, Step.UP, Tree().seen)),
            lambda n=n: tree.add(Category(slug=f"new-{n}", title="New"), None),
            lambda n=n: tree.add(Category(slug=f"low-{n}", title="Low"), d),
            *([delete] if n == 1 else []),
        )
        whole()
    assert Category.objects.filter(slug__startswith="new-").count() == 3
    assert not Category.objects.filter(slug="c").exists()
    product.refresh_from_db()
    assert product.category == d


def test_a_text_is_saved_while_its_category_moves_and_both_stay(rows, client, admin_user):
    a, b, *_ = rows
    client.force_login(admin_user)
    sent = {"slug": "a", "title_en": "Renamed", "title_zh_hans": "", "blurb_en": "", "blurb_zh_hans": ""}
    for n in range(4):
        target = rows[1 + n % 3]
        at_once(
            lambda n=n: client.post(f"/admin/catalog/category/{a.pk}/change/", sent | {"title_en": f"Title {n}"}),
            lambda target=target: tree.move(a.pk, target.pk, Place.INSIDE, Tree().seen),
        )
        whole()
        a.refresh_from_db()
        assert a.title_en == f"Title {n}"
        assert Category.objects.get_parent(a, update=True) == target
