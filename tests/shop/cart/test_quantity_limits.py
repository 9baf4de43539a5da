"""How much of one thing can be bought: the limits themselves, and one more and less."""

import pytest

from shop.cart import carts


@pytest.mark.parametrize("raw", ["1", "99", " 7 "])
def test_a_quantity_within_the_limits_is_taken(raw):
    assert carts.parse_quantity(raw) == int(raw)


@pytest.mark.parametrize("raw", ["0", "100", "1000000000", "-1", "1.5", "", "\u0663", "1_0", "1e1"])
def test_a_quantity_beyond_them_is_refused(raw):
    with pytest.raises(carts.BadQuantity):
        carts.parse_quantity(raw)
