"""The search box finds an order by its number, for those who may see it."""

import pytest

from orders import access_links
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["K0QF3-M1XD9", "k0qf3m1xd9", " KOQF3 MIXD9 "])
def test_a_member_finds_their_order_however_its_number_is_typed(client, typed):
    user = UserFactory()
    order = make_order(user=user, ref="K0QF3-M1XD9")
    client.force_login(user)
    assert client.get("/search/", {"q": typed})["Location"] == f"/orders/{order.ref}/"


def test_a_guest_finds_the_order_whose_link_they_followed(client):
    order = make_order()
    assert client.get("/search/", {"q": order.ref}).status_code == 200
    client.get(access_links.path(order))
    assert client.get("/search/", {"q": order.ref})["Location"] == f"/orders/{order.ref}/"


def test_nobody_learns_that_an_order_exists(client):
    order = make_order(user=UserFactory())
    client.force_login(UserFactory())
    pages = [client.get("/search/", {"q": ref}) for ref in (order.ref, "00000-00000")]
    assert [page.status_code for page in pages] == [200, 200]
    assert all("/orders/" + order.ref not in page.content.decode() for page in pages)
