"""What a purchase costs: the parts add up, in every currency, whatever is bought, taken off and taxed."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.pricing.amounts import divided, minor, money, part_of, shares
from shop.pricing.promotions import Item, Kind, Promotion, Why
from shop.pricing.quote import Quote, Terms, quote
from shop.pricing.tax import Category, Destination, NoRate, Rate, due

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
RATES = (
    Rate("DE", "", "standard", 19000, date(2021, 1, 1)),
    Rate("DE", "", "reduced", 7000, date(2021, 1, 1)),
    Rate("DE", "", "zero", 0, date(2021, 1, 1)),
    Rate("FR", "", "standard", 20000, date(2014, 1, 1)),
    Rate("FR", "", "reduced", 5500, date(2014, 1, 1)),
    Rate("FR", "", "zero", 0, date(2014, 1, 1)),
    Rate("US", "", "standard", 0, date(2018, 1, 1)),
    Rate("US", "NY", "standard", 8875, date(2018, 1, 1)),
)
GERMAN = Terms("EUR", prices_include_tax=True, country="DE")
BERLIN = Destination("DE")


def item(unit: int, quantity: int = 1, key: str = "a", **more: object) -> Item:
    return Item(key, unit, quantity, **more)  # type: ignore[arg-type]


def ask(
    *items: Item, terms: Terms = GERMAN, to: Destination = BERLIN, delivery: int | None = None, **more: object
) -> Quote:
    given = {"promos": (), "codes": (), "at": NOW, "rates": RATES} | more
    return quote(items, terms, to, delivery, **given)  # type: ignore[arg-type]


def off(percent: int = 0, **more: object) -> Promotion:
    kind = {"kind": Kind.PERCENT, "thousandths": percent * 1000} if percent else {}
    return Promotion(**({"id": 1, "title": "Off"} | kind | more))  # type: ignore[arg-type]


# -- everything, at random -------------------------------------------------------------------------

items = st.lists(
    st.builds(
        Item,
        key=st.integers(0, 10**6).map(str),
        unit=st.one_of(st.integers(0, 50), st.integers(0, 10**7)),
        quantity=st.integers(1, 99),
        tax_class=st.sampled_from(["standard", "reduced", "zero"]),
        product=st.integers(0, 5),
        categories=st.frozensets(st.integers(0, 3), max_size=2),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda each: each.key,
)
promotions = st.lists(
    st.builds(
        Promotion,
        id=st.integers(1, 10**6),
        title=st.just("Off"),
        kind=st.sampled_from(Kind),
        code=st.sampled_from(["", "", "SPRING", "HALF"]),
        thousandths=st.integers(0, 100_000),
        amount=st.integers(0, 10**6),
        currency=st.just("EUR"),
        buy=st.just(3),
        pay=st.integers(0, 2),
        products=st.frozensets(st.integers(0, 5), max_size=2),
        categories=st.frozensets(st.integers(0, 3), max_size=1),
        minimum=st.integers(0, 1000),
        combines=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda each: each.id,
)
terms = st.builds(Terms, st.just("EUR"), st.booleans(), st.just("DE"))
places = st.builds(Destination, st.sampled_from(["DE", "FR", "CH"]), business=st.booleans())
everything = given(items, terms, places, st.one_of(st.none(), st.integers(0, 5000)), promotions)


@everything
def test_the_parts_add_up_to_the_total(goods, how, to, delivery, promos):
    asked = ask(*goods, terms=how, to=to, delivery=delivery, promos=promos, codes=["spring", "half"])
    assert asked.subtotal - asked.discount + asked.delivery_total + asked.tax_apart == asked.total
    assert asked.net + asked.tax == asked.total
    delivered = asked.delivery.net + asked.delivery.tax if asked.delivery else 0
    assert sum(line.gross for line in asked.lines) + delivered == asked.total
    assert sum(line.net for line in asked.lines) + (asked.delivery.net if asked.delivery else 0) == asked.net
    for line in asked.lines:
        assert line.total == line.listed - sum(each.amount for each in line.adjustments)
    if how.prices_include_tax and not to.business:
        assert asked.tax_apart == 0


@everything
def test_nothing_is_negative_and_no_discount_is_more_than_what_it_is_taken_from(goods, how, to, delivery, promos):
    asked = ask(*goods, terms=how, to=to, delivery=delivery, promos=promos, codes=["SPRING", "HALF"])
    for line in asked.lines:
        assert 0 <= line.total <= line.listed
        assert line.net >= 0
        assert line.tax >= 0
        assert all(each.amount > 0 for each in line.adjustments)
    for tax in asked.taxes:
        assert tax.net >= 0
        assert tax.tax >= 0
    assert 0 <= asked.delivery_total <= (delivery or 0)
    by_promotion = sum(each.amount for each in asked.applied)
    assert by_promotion == asked.discount + (delivery or 0) - asked.delivery_total


@everything
def test_the_order_of_lines_promotions_and_codes_changes_nothing(goods, how, to, delivery, promos):
    def facts(asked: Quote) -> object:
        lines = {line.item.key: (line.total, line.net, line.tax, line.adjustments) for line in asked.lines}
        return lines, asked.delivery, asked.taxes, asked.applied, asked.refused

    mixed, mixed_promos = list(goods), list(promos)
    random.Random(1).shuffle(mixed)
    random.Random(2).shuffle(mixed_promos)
    one = ask(*goods, terms=how, to=to, delivery=delivery, promos=promos, codes=["SPRING", "HALF"])
    other = ask(*mixed, terms=how, to=to, delivery=delivery, promos=mixed_promos, codes=["half", "spring"])
    assert facts(one) == facts(other)
    assert [line.item for line in other.lines] == mixed


def test_the_cent_that_is_left_over_goes_to_the_same_thing_in_any_order():
    goods = [item(333, key=key) for key in "abc"]
    off_a_euro = [off(kind=Kind.AMOUNT, amount=100, currency="EUR")]
    one, other = ask(*goods, promos=off_a_euro), ask(*reversed(goods), promos=off_a_euro)
    assert {line.item.key: line.total for line in one.lines} == {line.item.key: line.total for line in other.lines}


@everything
def test_the_tax_of_each_rate_is_right_to_the_cent(goods, how, to, delivery, promos):
    asked = ask(*goods, terms=how, to=to, delivery=delivery, promos=promos)
    for tax in asked.taxes:
        rate = Decimal(tax.thousandths) / 100_000
        base = Decimal(tax.net + tax.tax) if how.prices_include_tax else Decimal(tax.net)
        exact = base * rate / (1 + rate) if how.prices_include_tax else base * rate
        assert tax.tax == exact.quantize(Decimal(1), ROUND_HALF_UP)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_shares_lose_nothing_and_stay_below_their_weights(amount, weights):
    found = shares(amount, weights)
    assert sum(found) == amount
    if amount <= sum(weights):
        assert all(0 <= share <= weight for share, weight in zip(found, weights, strict=True))


@given(st.integers(0, 10**6), st.integers(1, 50), st.data())
def test_the_parts_of_a_line_are_the_line(amount, quantity, data):
    counted, total = 0, 0
    while counted < quantity:
        some = data.draw(st.integers(1, quantity - counted))
        total += part_of(amount, quantity, counted, some)
        counted += some
    assert total == amount


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
@given(units=st.integers(0, 10**10))
def test_minor_units_and_money_are_the_same_amount(currency, units):
    assert minor(money(units, currency)) == units


@pytest.mark.parametrize(("amount", "currency"), [("1.5", "JPY"), ("1.005", "EUR"), ("0.0001", "KWD")])
def test_an_amount_with_more_decimals_than_its_currency_is_none(amount, currency):
    from djmoney.money import Money

    with pytest.raises(ValueError, match="more decimals"):
        minor(Money(amount, currency))


# -- tax, by worked examples -----------------------------------------------------------------------

# Gross, rate and the tax in it: Germany's invoices name 19/119 and 7/107, the United Kingdom's VAT fraction is 1/6.
INSIDE = [(11900, 19000, 1900), (10700, 7000, 700), (12000, 20000, 2000), (2990, 19000, 477), (999, 7000, 65)]
# Net, rate and the tax on it; New York City's 8.875 % is rounded at half a cent.
APART = [(10000, 19000, 1900), (4999, 19000, 950), (10000, 8875, 888), (3333, 8875, 296)]


@pytest.mark.parametrize(("gross", "rate", "tax"), INSIDE)
def test_the_tax_in_a_price(gross, rate, tax):
    rates = (Rate("DE", "", "standard", rate, date(2020, 1, 1)),)
    asked = ask(item(gross), rates=rates)
    assert (asked.total, asked.tax, asked.net) == (gross, tax, gross - tax)


@pytest.mark.parametrize(("net", "rate", "tax"), APART)
def test_the_tax_on_a_price(net, rate, tax):
    rates = (Rate("US", "", "standard", rate, date(2020, 1, 1)),)
    asked = ask(item(net), terms=Terms("USD", False, "US"), to=Destination("US"), rates=rates)
    assert (asked.total, asked.tax, asked.tax_apart) == (net + tax, tax, tax)


def test_tax_is_rounded_once_for_a_rate_and_not_for_each_line():
    asked = ask(*(item(5, key=str(n)) for n in range(3)))  # 0.05 has 0.8 of a cent in it, 0.15 has 2.4
    assert asked.tax == 2
    assert sum(line.tax for line in asked.lines) == 2


def test_delivery_has_the_tax_of_the_goods():
    asked = ask(item(10000, key="pan"), item(5000, key="book", tax_class="reduced"), delivery=300)
    by_rate = {tax.thousandths: tax.net + tax.tax for tax in asked.taxes}
    assert by_rate == {19000: 10200, 7000: 5100}


def test_the_most_special_rate_of_the_day_counts():
    changed = (
        Rate("DE", "", "standard", 19000, date(2007, 1, 1)),
        Rate("DE", "", "standard", 16000, date(2020, 7, 1)),
        Rate("DE", "", "standard", 19000, date(2021, 1, 1)),
    )
    days = [date(2020, 6, 30), date(2020, 7, 1), date(2020, 12, 31), date(2021, 1, 1)]
    assert [due("standard", BERLIN, "DE", day, changed).thousandths for day in days] == [19000, 16000, 16000, 19000]
    assert due("standard", Destination("US", "NY"), "US", NOW.date(), RATES).thousandths == 8875
    assert due("standard", Destination("US", "OR"), "US", NOW.date(), RATES).thousandths == 0


def test_without_a_rate_for_the_day_nothing_is_guessed():
    with pytest.raises(NoRate):
        due("standard", BERLIN, "DE", date(1999, 1, 1), RATES)
    with pytest.raises(NoRate):
        due("luxury", BERLIN, "DE", NOW.date(), RATES)


def test_a_business_of_another_member_state_owes_the_tax_itself():
    asked = ask(item(12000), to=Destination("FR", business=True), delivery=600)
    assert asked.reverse_charge
    assert (asked.total, asked.tax, asked.net) == (10500, 0, 10500)
    assert asked.tax_apart == -2100  # what a consumer in France would pay
    assert asked.lines[0].due.category is Category.REVERSE_CHARGE


def test_what_is_free_of_tax_for_one_reason_is_one_tax_line():
    goods = item(12000, key="pan"), item(10550, key="book", tax_class="reduced")
    asked = ask(*goods, to=Destination("FR", business=True), delivery=600)
    (line,) = asked.taxes
    assert (line.category, line.net, line.tax) == (Category.REVERSE_CHARGE, asked.total, 0)


def test_a_business_at_home_pays_the_tax():
    assert ask(item(11900), to=Destination("DE", business=True)).tax == 1900


def test_what_leaves_the_union_has_no_tax_and_a_shop_without_rates_charges_none():
    assert ask(item(11900), to=Destination("CH", business=True)).taxes[0].category is Category.EXPORT
    assert ask(item(11900), rates=()).taxes[0].category is Category.OUTSIDE


# -- promotions ------------------------------------------------------------------------------------


def test_a_percentage_is_taken_off_what_it_is_for():
    goods = item(1000, 2, key="a", product=1), item(500, key="b", product=2)
    asked = ask(*goods, promos=[off(10, products=frozenset({1}))])
    assert {line.item.key: line.total for line in asked.lines} == {"a": 1800, "b": 500}


def test_an_amount_takes_off_at_most_what_there_is():
    assert ask(item(300), promos=[off(kind=Kind.AMOUNT, amount=500, currency="EUR")]).total == 0


def test_an_amount_is_spread_over_the_lines_to_the_cent():
    asked = ask(*(item(333, key=str(n)) for n in range(3)), promos=[off(kind=Kind.AMOUNT, amount=100, currency="EUR")])
    assert sorted(line.listed - line.total for line in asked.lines) == [33, 33, 34]


@pytest.mark.parametrize(("quantity", "pays"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5)])
def test_three_for_two(quantity, pays):
    assert ask(item(1000, quantity), promos=[off(kind=Kind.X_FOR_Y, buy=3, pay=2)]).total == pays * 1000


def test_of_three_things_the_cheapest_is_free():
    goods = [item(3000, key="a"), item(1000, key="b"), item(2000, key="c")]
    asked = ask(*goods, promos=[off(kind=Kind.X_FOR_Y, buy=3, pay=2)])
    assert {line.item.key: line.total for line in asked.lines} == {"a": 3000, "b": 0, "c": 2000}


def test_an_incomplete_group_has_nothing_free():
    assert ask(item(1000, 4), promos=[off(kind=Kind.X_FOR_Y, buy=5, pay=3)]).total == 4000


def test_free_delivery_takes_off_the_delivery_and_nothing_else():
    asked = ask(item(1000), delivery=490, promos=[off(kind=Kind.FREE_DELIVERY)])
    assert (asked.delivery_total, asked.total) == (0, 1000)


def test_free_delivery_is_promised_before_a_delivery_is_chosen():
    asked = ask(item(1000), promos=[off(kind=Kind.FREE_DELIVERY, code="FREE")], codes=["free"])
    assert [each.promotion.code for each in asked.applied] == ["FREE"]
    assert not asked.refused


def test_of_promotions_that_do_not_combine_the_best_for_the_shopper_counts():
    alone = off(30, id=2, code="ALONE", combines=False)
    weak, strong = off(20, id=1), off(40, id=1)
    assert ask(item(1000), promos=[weak, alone], codes=["alone"]).total == 700
    beaten = ask(item(1000), promos=[strong, alone], codes=["alone"])
    assert beaten.total == 600
    assert [(each.code, each.why) for each in beaten.refused] == [("ALONE", Why.NOT_WITH_OTHERS)]


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("promotion", "why"),
    [
        ({"starts": NOW + MINUTE}, Why.NOT_YET),
        ({"ends": NOW}, Why.ENDED),
        ({"left": 0}, Why.USED_UP),
        ({"left_for_shopper": 0}, Why.USED_BY_YOU),
        ({"minimum": 1001, "currency": "EUR"}, Why.BELOW_MINIMUM),
        ({"minimum": 1, "currency": "USD"}, Why.OTHER_CURRENCY),
        ({"products": frozenset({7})}, Why.NOTHING_FITS),
        ({"thousandths": 0}, Why.NOTHING_FITS),
    ],
)
def test_a_code_that_does_not_apply_says_why(promotion, why):
    asked = ask(item(1000), promos=[off(10, code="TEN", **promotion)], codes=[" ten "])
    assert asked.total == 1000
    assert [(each.code, each.why) for each in asked.refused] == [("TEN", why)]


def test_what_is_missing_to_the_minimum_is_said():
    asked = ask(item(1000), promos=[off(10, code="TEN", minimum=1500, currency="EUR")], codes=["TEN"])
    assert asked.refused[0].missing == 500


@pytest.mark.parametrize("code", ["nope", "x" * 10_000, "テン", "' OR 1=1"])
def test_an_unknown_code_is_refused(code):
    asked = ask(item(1000), promos=[off(10, code="TEN")], codes=[code])
    assert asked.total == 1000
    assert [each.why for each in asked.refused] == [Why.UNKNOWN]


def test_a_code_that_is_typed_twice_counts_once():
    assert ask(item(1000), promos=[off(10, code="TEN")], codes=["TEN", "ten", " Ten"]).total == 900


def test_half_a_cent_is_rounded_up():
    assert [divided(n, 2) for n in range(4)] == [0, 1, 1, 2]
