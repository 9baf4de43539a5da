"""VAT numbers, as businesses type them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.markets.vat_numbers import BadNumber, parse, reverses_charge

GOOD = {
    "DE136695976": ("DE", "DE136695976"),
    "de 136 695 976": ("DE", "DE136695976"),
    "FR 83 404833048": ("FR", "FR83404833048"),
    "EL 094259216": ("GR", "EL094259216"),
    "GR094259216": ("GR", "EL094259216"),
    "ATU 13585627": ("AT", "ATU13585627"),
    "NL4495445B01": ("NL", "NL004495445B01"),
    "GB 980 7806 84": ("GB", "GB980780684"),
    "CHE-107.787.577 MWST": ("CH", "CHE107787577MWST"),
}


@pytest.mark.parametrize(("typed", "found"), GOOD.items())
def test_a_number_is_read_however_it_is_typed(typed, found):
    assert parse(typed) == found


def test_a_number_without_its_country_is_that_of_the_address():
    assert parse("136695976", "DE") == ("DE", "DE136695976")
    with pytest.raises(BadNumber):
        parse("136695976")


@pytest.mark.parametrize(
    "typed",
    [
        *("", "DE", "DE136695977", "DE1366959766", "XX136695976", "hello", "DE 1\uff136695976", "\0", "D" * 10_000),
        "US12-3456789",
    ],
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(BadNumber):
        parse(typed, "DE")


@given(st.text(max_size=30))
def test_no_text_breaks_it(typed):
    with contextlib.suppress(BadNumber):
        parse(typed, "FR")


@pytest.mark.parametrize(
    ("number", "country", "seller", "reverses"),
    [
        ("FR83404833048", "FR", "DE", True),
        ("FR83404833048", "FR", "FR", False),  # at home
        ("FR83404833048", "AT", "DE", False),  # the goods go to another country than the number is from
        ("CHE107787577MWST", "CH", "DE", False),  # outside the union
        ("FR83404833048", "FR", "CH", False),  # a seller outside the union
        ("", "FR", "DE", False),
        ("FR00000000000", "FR", "DE", False),
    ],
)
def test_the_charge_is_reversed_between_member_states_alone(number, country, seller, reverses):
    assert reverses_charge(number, country, seller) is reverses
