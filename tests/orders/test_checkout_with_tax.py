"""What an order costs, by market, tax and vouchers: the page, the order and its parts say the same."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from djmoney.money import Money

from orders import requote
from orders.checkout import CannotPlace, Details, place_order
from orders.models import Adjustment, Order, OrderTax
from shop.cart.models import Cart, CartLine
from shop.markets import places
from shop.vouchers.models import Claim
from tests.orders.conftest import fill, form
from tests.support.factories import (
    ADDRESS,
    DeliveryMethodFactory,
    MarketFactory,
    PromotionFactory,
    TaxRateFactory,
    VariantFactory,
    set_price,
)

pytestmark = pytest.mark.django_db


def buy(cart, method, expected=None, **more):
    details = Details(**ADDRESS | {"region": "", "delivery_method": method, "language": "en"} | more)
    return place_order(cart.pk, cart.checkout_key, details, user_id=None, expected=expected)


def cart_of(*lines, codes=()):
    cart = Cart.objects.create(codes=list(codes))
    for variant, quantity in lines:
        CartLine.objects.create(cart=cart, variant=variant, quantity=quantity, price_seen=variant.price)
    return cart


def consistent(order):
    """The parts of an order add up, to the cent."""
    zero = Money(0, order.currency)
    lines, taxes = list(order.lines.all()), list(order.tax_lines.all())
    assert order.subtotal == sum((line.listed for line in lines), zero)
    assert order.discount == sum((line.discount for line in lines), zero)
    assert order.subtotal - order.discount + order.delivery_total + order.tax_apart == order.total
    assert sum((line.net + line.tax for line in lines), zero) + order.delivery_net + order.delivery_tax == order.total
    assert sum((each.net + each.tax for each in taxes), zero) == order.total
    assert sum((each.tax for each in taxes), zero) == order.tax
    off = sum((each.amount for each in Adjustment.objects.filter(order=order)), zero)
    assert off == order.discount + order.delivery_discount
    return order


def test_the_tax_in_the_price_is_kept_with_the_order_and_its_lines(method):
    TaxRateFactory()
    order = consistent(buy(cart_of((VariantFactory(), 2)), method))
    assert (order.total, order.tax) == (Money("44.90", "EUR"), Money("7.17", "EUR"))
    line = order.lines.get()
    assert (line.tax_percent, line.tax_category) == (Decimal(19), "S")
    assert order.prices_include_tax


def test_tax_is_added_where_prices_are_without_it():
    MarketFactory(code="us", countries=["US"], currency="USD", prices_include_tax=False)
    TaxRateFactory(country="US", percent=Decimal(0))
    TaxRateFactory(country="US", region="NY", percent=Decimal("8.875"))
    variant, method = VariantFactory(), DeliveryMethodFactory(code="air", price=Money("10.00", "USD"))
    set_price(variant, Money("100.00", "USD"))
    order = consistent(buy(cart_of((variant, 1)), method, country="US", region="NY"))
    assert (order.total, order.tax) == (Money("119.76", "USD"), Money("9.76", "USD"))
    assert order.market == "us"
    assert not order.prices_include_tax


def test_a_currency_without_decimals_is_bought_in():
    MarketFactory(code="jp", countries=["JP"], currency="JPY")
    TaxRateFactory(country="JP", percent=Decimal(10))
    variant, method = VariantFactory(), DeliveryMethodFactory(code="air", price=Money(800, "JPY"))
    set_price(variant, Money(1999, "JPY"))
    order = consistent(buy(cart_of((variant, 3)), method, country="JP"))
    assert (order.total, order.tax) == (Money(6797, "JPY"), Money(618, "JPY"))


def test_a_business_in_another_member_state_pays_no_tax(method):
    TaxRateFactory()
    TaxRateFactory(country="FR", percent=Decimal(20))
    variant = VariantFactory(price=Money("120.00", "EUR"))
    order = consistent(buy(cart_of((variant, 1)), method, country="FR", company="ACME", vat_number="FR83404833048"))
    assert order.reverse_charge
    assert (order.tax, order.total) == (Money(0, "EUR"), Money("104.08", "EUR"))
    assert OrderTax.objects.get().category == "AE"


@pytest.fixture
def spring():
    return PromotionFactory(code="SPRING", title_en="Spring sale", most_uses=1)


def test_a_voucher_is_taken_off_kept_and_claimed(method, spring):
    order = consistent(buy(cart_of((VariantFactory(), 2), codes=["SPRING"]), method))
    assert (order.subtotal, order.discount, order.total) == (
        *(Money("40.00", "EUR"), Money("4.00", "EUR")),
        Money("40.90", "EUR"),
    )
    kept = Adjustment.objects.get()
    assert (kept.title, kept.code, kept.promotion, kept.line) == ("Spring sale", "SPRING", spring, order.lines.get())
    assert Claim.objects.get().ref == order.ref


@pytest.mark.parametrize("limit", [{"most_uses": 1}, {"most_per_shopper": 1}])
def test_a_promotion_without_a_code_but_with_a_limit_is_claimed(method, limit):
    PromotionFactory(**limit)
    first, second = (consistent(buy(cart_of((VariantFactory(), 1)), method)) for _ in range(2))
    assert Claim.objects.get().ref == first.ref
    assert (first.discount, second.discount) == (Money("2.00", "EUR"), Money("0.00", "EUR"))


def test_a_promotion_without_code_and_limit_is_not_counted(method):
    PromotionFactory()
    assert consistent(buy(cart_of((VariantFactory(), 1)), method)).discount == Money("2.00", "EUR")
    assert not Claim.objects.exists()


def test_a_free_delivery_is_kept_with_the_delivery(method):
    PromotionFactory(kind="free_delivery", percent=None)
    order = consistent(buy(cart_of((VariantFactory(), 1)), method))
    assert (order.delivery_price, order.delivery_total) == (method.price, Money(0, "EUR"))
    assert Adjustment.objects.get().line is None


def test_a_code_that_was_used_up_since_it_was_shown_is_told_and_no_order_is_placed(client, variant, method, spring):
    cart = fill(client, variant)
    client.post("/cart/code/", {"code": "SPRING"})
    page = client.get("/checkout/").content.decode()
    assert "€22.90" in page
    buy(cart_of((VariantFactory(), 1), codes=["SPRING"]), method, email="somebody@example.com")
    sent = form(cart, method, **{f"total_{method.pk}": "22.90"})
    answer = client.post("/checkout/", sent)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "“SPRING” has been used up" in page
    assert "€24.90" in page
    assert 'value="Ann Example"' in page  # what was typed is still there
    assert Order.objects.count() == 1


def test_a_code_for_one_use_by_each_is_refused_to_who_used_it(method):
    PromotionFactory(code="ONCE", most_per_shopper=1)
    buy(cart_of((VariantFactory(), 1), codes=["ONCE"]), method)
    with pytest.raises(CannotPlace, match="as often as it can be used"):
        buy(cart_of((VariantFactory(), 1), codes=["ONCE"]), method, expected=Money("22.90", "EUR"))


def test_a_cancelled_order_gives_its_voucher_back(client, method, spring, process_all):
    from orders.lifecycle import Actor, Status
    from orders.transitions import transition

    order = buy(cart_of((VariantFactory(), 1), codes=["SPRING"]), method)
    transition(order.ref, Status.CANCELLED, by=Actor.SYSTEM, actor="system")
    process_all("vouchers")
    assert Claim.objects.get().state == "released"
    buy(cart_of((VariantFactory(), 1), codes=["SPRING"]), method, email="other@example.com")


def test_what_costs_nothing_is_paid_at_once(method):
    PromotionFactory(percent=Decimal(100))
    PromotionFactory(kind="free_delivery", percent=None)
    order = consistent(buy(cart_of((VariantFactory(), 1)), method))
    assert order.total == Money(0, "EUR")
    assert order.status == "paid"


def test_a_country_that_is_not_sold_to_places_nothing(client, variant, method):
    MarketFactory(code="eu", countries=["DE"])
    with pytest.raises(CannotPlace, match="do not sell to that country"):
        buy(cart_of((variant, 1)), method, country="US")
    answer = client.post("/checkout/", form(fill(client, variant), method, country="US"))
    assert answer.status_code == 422
    assert "do not sell to that country" in answer.content.decode()


def test_goods_whose_tax_is_not_known_are_not_sold(client, variant, method):
    TaxRateFactory(first_day=date(2099, 1, 1))
    fill(client, variant)
    page = client.get("/cart/").content.decode()
    assert "We cannot sell to Germany at the moment." in page
    assert "disabled" in page
    assert client.get("/checkout/").status_code == 302
    with pytest.raises(CannotPlace, match="cannot sell to Germany"):
        buy(cart_of((variant, 1)), method)


def test_after_midnight_in_the_shop_the_rate_of_the_new_day_holds(method, monkeypatch):
    TaxRateFactory(first_day=date(2026, 1, 1))
    TaxRateFactory(first_day=date(2026, 11, 28), percent=Decimal(25))
    half_past_midnight = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)  # in Berlin
    monkeypatch.setattr(timezone, "now", lambda: half_past_midnight)
    order = buy(cart_of((VariantFactory(stocked=2), 1)), method)
    assert [row.percent for row in order.tax_lines.all()] == [25]
    requote.hold_agreed(order, list(order.lines.all()))


def test_choosing_a_country_of_another_market_at_the_checkout_shows_its_prices(client, method):
    MarketFactory(code="eu", countries=["DE"])
    MarketFactory(code="us", countries=["US"], currency="USD", prices_include_tax=False)
    variant = VariantFactory()
    set_price(variant, Money("24.00", "USD"))
    air = DeliveryMethodFactory(code="air", title="By air", title_en="By air", price=Money("18.00", "USD"))
    cart = fill(client, variant)
    sent = form(cart, method, country="US", shape="1", name="Half typed")
    page = client.post("/checkout/", sent).content.decode()
    for words in ("$42.00", "By air", "Half typed"):
        assert words in page
    assert "Standard parcel" not in page
    assert f'value="{air.pk}" checked' in page  # the one that was chosen before is not offered here
    there = {"country": "US", "region": "NY", "postal_code": "10001", "city": "New York", "currency": "USD"}
    answer = client.post("/checkout/", form(cart, air, **there) | {f"total_{air.pk}": "42.00"})
    assert answer.status_code == 302, answer.content.decode()
    assert Order.objects.get().total == Money("42.00", "USD")


def test_a_state_that_is_taxed_changes_the_total_and_the_page_says_so(client, method):
    MarketFactory(code="us", countries=["US"], currency="USD", prices_include_tax=False)
    TaxRateFactory(country="US", percent=Decimal(0))
    TaxRateFactory(country="US", region="NY", percent=Decimal("8.875"))
    variant = VariantFactory()
    set_price(variant, Money("100.00", "USD"))
    air = DeliveryMethodFactory(code="air", price=Money("10.00", "USD"))
    client.cookies[places.COOKIE] = "US"
    cart = fill(client, variant)
    there = {"country": "US", "region": "NY", "postal_code": "10001", "city": "New York", "currency": "USD"}
    sent = form(cart, air, **there) | {f"total_{air.pk}": "110.00"}
    answer = client.post("/checkout/", sent)
    assert answer.status_code == 409
    assert "$119.76" in answer.content.decode()
    assert client.post("/checkout/", sent | {f"total_{air.pk}": "119.76"}).status_code == 302


@pytest.mark.parametrize("number", ["DE136695977", "hello", "D" * 60, "<script>"])
def test_a_vat_number_that_is_none_is_refused_at_its_field(client, variant, method, number):
    answer = client.post("/checkout/", form(fill(client, variant), method, vat_number=number))
    assert answer.status_code in (400, 422)
    assert not Order.objects.exists()
    if answer.status_code == 422:
        assert 'id="id_vat_number_error"' in answer.content.decode() or "VAT number" in answer.content.decode()


def test_the_order_page_and_the_mail_show_the_discount_and_the_tax(
    client, variant, method, spring, process_all, mailoutbox
):
    TaxRateFactory()
    cart = fill(client, variant)
    client.post("/cart/code/", {"code": "SPRING"})
    client.post("/checkout/", form(cart, method) | {f"total_{method.pk}": "22.90"})
    order = Order.objects.get()
    page = client.get(order.get_absolute_url()).content.decode()
    for words in ("Spring sale", "−€2.00", "€22.90", "Includes €3.66 of VAT (19 %)"):
        assert words in page
    process_all("mail")
    assert "Spring sale  −€2.00" in mailoutbox[0].body


def test_a_market_may_have_words_of_its_own_for_the_button(client, variant, method):
    MarketFactory(order_button="Order and pay", order_button_en="Order and pay")
    fill(client, variant)
    page = client.get("/checkout/").content.decode()
    assert "Order and pay" in page
    assert "Place order" not in page
