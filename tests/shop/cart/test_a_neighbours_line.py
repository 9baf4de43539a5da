"""A session that still names a member's cart, as after signing out in another window, changes nothing in it."""

import pytest

from shop.cart import carts
from shop.cart.models import Cart, CartLine
from tests.support.factories import UserFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("change", [{"quantity": "5"}, {"remove": "1"}])
def test_a_guest_changes_no_line_of_a_members_cart(client, change):
    theirs = CartLine.objects.create(
        cart=Cart.objects.create(user=UserFactory()), variant=VariantFactory(), quantity=1, price_seen="1.00"
    )
    session = client.session
    session[carts.SESSION_KEY] = theirs.cart_id
    session.save()
    answer = client.post(f"/cart/{theirs.pk}/", change, follow=True)
    assert "no longer in your cart" in answer.content.decode()
    assert CartLine.objects.get().quantity == 1
