"""The list of a member's orders: theirs, and nobody else's."""

import re

import pytest
from django.test import Client

from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def two():
    """Two members with two orders each, signed in; and a guest's order."""
    make_order(email="guest@example.com")
    members = []
    for _ in range(2):
        user, client = UserFactory(), Client()
        client.force_login(user)
        members.append((client, [make_order(user=user).ref for _ in range(2)]))
    return members


def listed(client):
    page = client.get("/orders/").content.decode()
    return set(re.findall(r"/orders/([0-9A-Z]{5}-[0-9A-Z]{5})/", page)), page


def test_each_member_sees_their_own_orders_only(two):
    for client, refs in two:
        found, page = listed(client)
        assert found == set(refs)
        assert "guest@example.com" not in page


def test_the_lists_version_counts_the_members_own_events(two):
    (mine, refs), (other, _) = two
    transition(refs[0], Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    assert 'data-version="3"' in listed(mine)[1]
    assert 'data-version="2"' in listed(other)[1]


def test_a_member_opens_none_of_the_others_orders(two):
    (mine, _), (_, refs) = two
    for ref in refs:
        assert mine.get(f"/orders/{ref}/").status_code == 404
        for act in ("pay", "cancel"):
            assert mine.post(f"/orders/{ref}/{act}/").status_code == 404


def test_a_member_without_orders_sees_nobody_elses(two):
    client = Client()
    client.force_login(UserFactory())
    assert listed(client)[0] == set()


def test_the_prefilled_checkout_is_the_members_own(two, variant):
    make_order(user=UserFactory(), name="Somebody Else", address="Elsewhere 9")
    client, _ = two[0]
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    page = client.get("/checkout/").content.decode()
    assert "Ann Example" in page
    assert "Somebody Else" not in page
    assert "Elsewhere 9" not in page
