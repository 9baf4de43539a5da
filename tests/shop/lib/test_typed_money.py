"""Amounts as people and spreadsheets of any country write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.lib.currencies import decimals_of
from shop.lib.typed_money import AmountReader, NotAnAmount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("12.50", "12.50"),
        ("12,50", "12.50"),
        ("12", "12"),
        ("12,5", "12.5"),
        (".5", "0.5"),
        ("1.299,00", "1299.00"),
        ("1,299.00", "1299.00"),
        ("1 299,00", "1299.00"),
        ("1\u202f299,00", "1299.00"),
        ("1'299.00", "1299.00"),
        ("1\u2019299.00", "1299.00"),
        ("1.234.567", "1234567"),
        ("12,34,567.00", "1234567.00"),
        ("€12.50", "12.50"),
        ("12,50 €", "12.50"),
        ("EUR 12.50", "12.50"),
        ("12.50 eur", "12.50"),
        ("12,-", "12"),
        ("12.–", "12"),
        ("１２.50", "12.50"),
        ("١٢.50", "12.50"),
        ("1234,56", "1234.56"),
        ("0,00", "0.00"),
        ("0.500", "0.5"),
    ],
)
def test_an_amount_is_read_as_it_is_written_anywhere(typed, amount):
    assert AmountReader("EUR").read(typed) == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "not a number"),
        ("cheap", "not a number"),
        ("1_000", "not a number"),
        ("1E+3", "not a number"),
        ("1e400", "not a number"),
        ("NaN", "not a number"),
        ("1.2.3", "not a number"),
        ("1,2345,678.00", "not a number"),
        ("12 50", "not a number"),
        ("1.234,567.00", "not a number"),
        ("-1.00", "not possible"),
        ("−1,00", "not possible"),
        ("1000000000", "not possible"),
        ("0.004", "EUR has 2 decimals"),
        ("12.5050", "EUR has 2 decimals"),
        ("1,299", "may be 1299 or 1.299"),
        ("1.299", "may be 1299 or 1.299"),
        ("$12.50", "not in EUR"),
        ("12.50 USD", "not in EUR"),
    ],
)
def test_what_is_no_amount_or_has_two_readings_is_refused_with_the_reason(typed, reason):
    with pytest.raises(NotAnAmount, match=reason):
        AmountReader("EUR").read(typed)


def test_an_amount_with_one_reading_tells_how_to_read_those_with_two():
    german, english = AmountReader("EUR"), AmountReader("EUR")
    german.read("12,50")
    english.read("12.50")
    assert german.read("1.299") == english.read("1,299") == 1299
    with pytest.raises(NotAnAmount, match="decimals"):
        german.read("1,299")


@pytest.mark.parametrize(
    ("currency", "typed", "amount"),
    [("JPY", "¥1,250", 1250), ("CNY", "68元", 68), ("USD", "$5.00", 5), ("JPY", "5", 5)],
)
def test_the_shops_own_currency_may_stand_beside_the_number(currency, typed, amount):
    reader = AmountReader(currency, decimal_mark=".")
    assert reader.read(typed) == amount


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_an_amount_has_no_more_decimals_than_its_currency(currency, decimals):
    assert decimals_of(currency) == decimals
    with pytest.raises(NotAnAmount, match="decimals"):
        AmountReader(currency, decimal_mark=".").read("12." + "1" * (decimals + 1))


MARKS = [(",", "."), (".", ","), (" ", ","), ("'", "."), ("", "."), ("", ",")]


@given(st.decimals(0, 10**8, places=2), st.sampled_from(MARKS))
def test_every_amount_is_read_back_from_every_way_to_write_it(amount, marks):
    group, decimal = marks
    written = f"{amount:,.2f}".replace(",", "_").replace(".", decimal).replace("_", group)
    assert AmountReader("EUR").read(written) == amount


@pytest.mark.slow
@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(text):
    try:
        amount = AmountReader("EUR").read(text)
    except NotAnAmount:
        return
    assert 0 <= amount < 10**9
    assert amount == round(amount, 2)
