"""A wish list that is shown to others: by a link that only its owner makes, renews and ends, and without the owner."""

import re

import pytest
from django.core import signing
from django.test import Client

from shop.cart.models import CartLine
from shop.members import exporting
from shop.wishes import sharing, sharing_views
from shop.wishes.models import SharedList, Wish
from tests.support.factories import ProductFactory, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def mug():
    return VariantFactory(product=ProductFactory(title="Mug"), stocked=3).product


@pytest.fixture
def owner(client, mug):
    """Somebody with a mug on the list, whose browser `client` is."""
    member = UserFactory(email="ann@example.com", first_name="Ann", last_name="Secretname")
    Wish.objects.create(user=member, product=mug)
    client.force_login(member)
    return member


def press(client, **sent):
    return client.post("/wishes/share/", sent, follow=True)


def link(client):
    """The path of the link that the owner's page shows."""
    shown = re.search(r'value="http[^"]+?(/wishes/of/[^"]+)"', client.get("/wishes/").content.decode())
    return shown and shown[1]


def look(path, visitor=None):
    """What the link opens for somebody else."""
    return (visitor or Client()).get(path, follow=True)


def test_whoever_has_the_link_sees_the_things_and_not_whose_they_are(client, owner):
    assert link(client) is None
    press(client, title="")
    visitor = Client()
    answer = visitor.get(link(client))
    assert (answer.status_code, answer["Referrer-Policy"]) == (303, "no-referrer")
    assert answer["Location"] == f"/wishes/shared/{SharedList.objects.get().pk}/"
    answer = visitor.get(answer["Location"])
    page = answer.content.decode()
    for shown in ("A wish list", "Mug", "€20.00", "3 left", '<meta name="robots" content="noindex">'):
        assert shown in page
    assert answer["X-Robots-Tag"] == "noindex"
    assert not any(private in page for private in ("Ann", "Secretname", "ann@example.com", "/wishes/of/"))
    variant = re.search(r'name="variant" value="(\d+)"', page)[1]
    visitor.post("/cart/add/", {"variant": variant})
    assert CartLine.objects.get().variant.product.title == "Mug"
    assert Wish.objects.count() == 1


def test_the_owner_writes_a_title_and_the_link_stays(client, owner):
    press(client, title="")
    before = link(client)
    press(client, title=" For our  wedding ")
    assert link(client) == before
    assert "<h1>For our wedding</h1>" in look(before).content.decode()
    for title, said in (("see www.evil.example", "leave out web addresses"), ("x" * 81, "at most 80 characters")):
        answer = press(client, title=title)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert title in answer.content.decode()
    assert "<h1>For our wedding</h1>" in look(before).content.decode()


def test_a_new_link_ends_the_old_one_for_those_too_who_have_opened_it(client, owner):
    press(client, title="Mine")
    old, visitor = link(client), Client()
    assert look(old, visitor).status_code == 200
    assert "The old one shows nothing any more." in press(client, renew="1").content.decode()
    assert link(client) != old
    shown = f"/wishes/shared/{SharedList.objects.get().pk}/"
    assert [look(old).status_code, look(old, visitor).status_code, look(shown, visitor).status_code] == [404] * 3
    assert look(link(client), visitor).status_code == 200


def test_an_ended_link_stays_dead_when_the_list_is_shared_again(client, owner):
    press(client, title="Mine")
    old, visitor = link(client), Client()
    look(old, visitor)
    press(client, end="1")
    assert link(client) is None
    assert look(f"/wishes/shared/{SharedList.objects.get().pk}/", visitor).status_code == 404
    assert "This wish list is not shared." in look(old).content.decode()
    press(client, title="")
    assert look(old).status_code == 404
    assert look(link(client)).status_code == 200


def test_without_its_link_a_list_is_not_there_and_one_link_opens_one_list(client, owner):
    other = UserFactory()
    sharing.share(other, "Another's")
    sharing.share(owner, "")
    visitor = Client()
    look(link(client), visitor)
    assert look(f"/wishes/shared/{SharedList.objects.get(user=other).pk}/", visitor).status_code == 404
    assert look(f"/wishes/shared/{SharedList.objects.get(user=owner).pk}/").status_code == 404
    forged = [
        "x",
        signing.Signer(salt="order-link").sign_object([SharedList.objects.first().pk, 1]),
        *(signing.Signer(salt="wish-list-link").sign_object(said) for said in ("x", [1, 2, 3], ["a", "b"], None)),
    ]
    assert {look(f"/wishes/of/{each}/").status_code for each in forged} == {404}


def test_it_ends_with_the_account_and_while_the_account_is_switched_off(client, owner):
    press(client, title="")
    path = link(client)
    type(owner).objects.update(is_active=False)
    assert look(path).status_code == 404
    type(owner).objects.update(is_active=True)
    assert look(path).status_code == 200
    owner.delete()
    assert look(path).status_code == 404


def test_a_guest_is_asked_to_sign_in(mug):
    guest = Client()
    guest.post(f"/wishes/{mug.pk}/")
    assert "to have a link that shows it." in guest.get("/wishes/").content.decode()
    assert "/accounts/login/" in guest.post("/wishes/share/", {"title": ""})["Location"]
    assert not SharedList.objects.exists()


def test_who_tries_many_links_is_stopped_and_good_links_are_not_counted(client, owner, monkeypatch):
    monkeypatch.setattr(sharing_views, "MISSES", 2)
    press(client, title="")
    stranger = Client(REMOTE_ADDR="203.0.113.7")
    for _ in range(4):
        assert look(link(client), stranger).status_code == 200
    assert [look("/wishes/of/x/", stranger).status_code for _ in range(3)] == [404, 404, 429]


def test_a_shared_list_needs_as_many_queries_for_twenty_as_for_one(client, owner, django_assert_max_num_queries):
    for _ in range(20):
        Wish.objects.create(user=owner, product=VariantFactory().product)
    press(client, title="")
    visitor = Client()
    look(link(client), visitor)
    with django_assert_max_num_queries(8):
        assert len(visitor.get(f"/wishes/shared/{SharedList.objects.get().pk}/").context["rows"]) == 21


def test_what_is_known_of_the_link_is_in_my_data(owner):
    sharing.share(owner, "Mine")
    assert exporting.everything(owner)["shared_wish_list"] == [{"title": "Mine", "is_open": True}]
