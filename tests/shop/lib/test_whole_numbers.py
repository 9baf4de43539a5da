"""Numbers that pages send back are digits alone, and never longer than a key."""

import pytest

from shop.lib.typed_text import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1.0", "1e3", "²", "７", "x", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text):
    assert whole_number(text) is None


def test_a_page_may_ask_for_fewer_digits():
    assert whole_number("123", 3) == 123
    assert whole_number("1234", 3) is None
