"""Staff change what is ordered before it is packed: lines, stock, money, and what is refused."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from djmoney.money import Money

from events.log.envelope import open_for
from events.models import Delivery, Event
from orders import line_checks, line_edits
from orders.admin import timeline
from orders.checkout import Details, place_order
from orders.handlers import expire_unpaid, expire_unpaid_after_a_link
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.line_checks import Wanted
from orders.line_edits import Outdated
from orders.models import Order, Payment, Refund
from orders.payments import service as payments
from orders.payments.gateways.base import PaymentUpdate, Result
from orders.transitions import transition
from shop.cart.models import Cart, CartLine
from shop.catalog.models import Reservation, Stock
from tests.orders.test_phone_orders import received
from tests.support.factories import (
    ADDRESS,
    DeliveryMethodFactory,
    PromotionFactory,
    TaxRateFactory,
    VariantFactory,
    set_price,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def eur(amount):
    return Money(amount, "EUR")


def bought(*goods, codes=(), country="DE"):
    """An order by the checkout: each of `goods` is a variant with its quantity. The delivery costs 4.90."""
    cart = Cart.objects.create(codes=list(codes))
    for variant, quantity in goods:
        CartLine.objects.create(cart=cart, variant=variant, quantity=quantity, price_seen=variant.price)
    details = Details(
        **ADDRESS | {"country": country}, region="", delivery_method=DeliveryMethodFactory(), language="en"
    )
    return place_order(cart.pk, cart.checkout_key, details, user_id=None, expected=None)


def change(order, goods, *, actor="staff:1", may_refund=True):
    """Look, and apply at once. `goods` is {variant: quantity}."""
    wanted = wants(order, goods)
    found = line_checks.check(Order.objects.get(pk=order.pk), wanted, actor=actor, may_refund=may_refund)
    done = line_edits.apply(order.ref, wanted, seen=found.seen, actor=actor, may_refund=may_refund)
    order.refresh_from_db()
    return done


def wants(order, goods):
    return Wanted(added={variant.pk: quantity for variant, quantity in goods.items()})


def paid_by_card(order, result=Result.SUCCEEDED):
    payments.start(order.ref, "http://shop/back")
    payment = order.payments.latest("pk")
    return told(payment, result), payment


def told(payment, result=Result.SUCCEEDED):
    with transaction.atomic():
        said = payments.apply(
            "test", PaymentUpdate(id=f"u{payment.pk}", session=payment.session, result=result, amount=payment.amount)
        )
    payment.order.refresh_from_db()
    return said.outcome


def status(order):
    return Order.objects.get(pk=order.pk).status


def held(order):
    rows = Reservation.objects.filter(ref=order.ref, state=Reservation.State.HELD)
    return {row.stock.variant_id: row.quantity for row in rows.select_related("stock")}


def ordered(order):
    return {line.sku: line.quantity for line in order.lines.all()}


@pytest.fixture
def order(mug, pot):
    """Two mugs and a pot: 49.90."""
    return bought((mug, 2), (pot, 1))


def test_an_unpaid_order_has_other_lines_another_sum_and_other_stock(order, mug, pot, process_all, mailoutbox):
    cup = VariantFactory(sku="CUP", price=eur("3.00"), stocked=5)
    found = change(order, {mug: 3, pot: 0, cup: 2})
    assert (found.before, found.after) == (eur("49.90"), eur("40.90"))
    assert ordered(order) == {"MUG": 3, "CUP": 2}
    assert (order.total, order.subtotal, order.status) == (eur("40.90"), eur("36.00"), Status.PLACED)
    assert held(order) == {mug.pk: 3, cup.pk: 2}
    assert Stock.objects.get(variant=pot).reserved == 0
    process_all("mail", "orders.expire_link")
    body = mailoutbox[-1].body
    assert "3 × " in body
    assert "It costs €40.90 now." in body
    assert "Pay here" in body


def test_agreed_prices_stay_and_new_goods_cost_what_they_cost_today(order, mug, pot):
    set_price(mug, eur("99.00"))
    cup = VariantFactory(price=eur("3.00"), stocked=5)
    set_price(cup, eur("4.00"))
    change(order, {mug: 3, cup: 1})
    assert order.total == eur("30.00") + eur("25.00") + eur("4.00") + eur("4.90")


def test_the_goods_of_an_unpaid_order_are_kept_for_48_hours_from_the_change(order, mug):
    change(order, {mug: 3})
    assert order.pay_until == order.kept_until > order.placed_at + timedelta(hours=47)
    expire_unpaid(received(order, "order.placed"))
    assert status(order) == Status.PLACED
    assert Delivery.objects.filter(stream=order.stream, handler="orders.expire_link").exists()
    expire_unpaid_after_a_link(received(order, "order.lines_changed"))
    assert status(order) == Status.CANCELLED


def test_a_session_of_before_is_not_gone_on_with_and_its_money_goes_back_when_it_is_too_little(order, mug, process_all):
    payments.start(order.ref, "http://shop/back")
    old = order.payments.get()
    change(order, {mug: 4})
    payments.start(order.ref, "http://shop/back")
    new = order.payments.latest("pk")
    assert (old.amount, new.amount) == (eur("49.90"), eur("69.90"))
    assert told(old) == "too little by now; refunding"
    assert status(order) == Status.PLACED
    process_all("payments.refund_part")
    order.refresh_from_db()
    assert (order.captured, order.refunded) == (eur("49.90"), eur("49.90"))
    assert told(new) == "paid"
    order.refresh_from_db()
    assert (order.status, order.captured - order.refunded) == (Status.PAID, eur("69.90"))
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("result", [Result.SUCCEEDED, Result.AUTHORISED])
def test_money_of_before_that_is_too_much_pays_the_order_and_the_rest_goes_back(order, mug, result):
    payments.start(order.ref, "http://shop/back")
    change(order, {mug: 1})
    told(order.payments.get(), result)
    order.refresh_from_db()
    assert order.status == Status.PAID
    assert Refund.objects.get().amount == eur("10.00")


def test_an_authorisation_of_before_that_is_too_little_is_voided(order, mug):
    payments.start(order.ref, "http://shop/back")
    change(order, {mug: 3})
    assert "voiding" in told(order.payments.get(), Result.AUTHORISED)
    assert status(order) == Status.PLACED


def test_staff_who_mark_it_paid_book_what_it_costs_now(order, mug):
    Payment.objects.create(order=order, gateway="bank", amount=order.total)
    change(order, {mug: 1})
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    assert Payment.objects.get().amount == eur("39.90")


def test_too_little_stock_is_said_with_what_and_how_many(order, mug):
    with pytest.raises(IllegalTransition, match=r"8 more of Teapot \d+ are in stock, not 9"):
        change(order, {mug: 11})
    assert held(order)[mug.pk] == 2


def test_what_is_gone_between_the_check_and_the_change_changes_nothing(order, mug, monkeypatch):
    monkeypatch.setattr(line_checks, "_hold_sold", lambda order, rows: None)  # as if somebody were faster
    with pytest.raises(IllegalTransition, match="8 more of"):
        change(order, {mug: 11})
    assert ordered(order) == {"MUG": 2, "POT": 1}


def test_a_change_that_nobody_saw_is_not_made(order, mug, pot):
    wanted = wants(order, {VariantFactory(sku="CUP", price=eur("3.00"), stocked=5): 1})
    seen = line_checks.check(order, wanted, actor="staff:1", may_refund=True).seen
    change(order, {mug: 1})
    with pytest.raises(Outdated) as outdated:
        line_edits.apply(order.ref, wanted, seen=seen, actor="staff:1", may_refund=True)
    assert outdated.value.check.before == eur("39.90")
    assert "CUP" not in ordered(order)


def test_a_price_that_moved_since_the_check_is_shown_first(order):
    cup = VariantFactory(sku="CUP", price=eur("3.00"), stocked=5)
    wanted = wants(order, {cup: 1})
    seen = line_checks.check(order, wanted, actor="staff:1", may_refund=True).seen
    set_price(cup, eur("5.00"))
    with pytest.raises(Outdated):
        line_edits.apply(order.ref, wanted, seen=seen, actor="staff:1", may_refund=True)


def test_a_change_that_is_sent_twice_is_made_once(order, mug):
    wanted = wants(order, {mug: 3})
    seen = line_checks.check(order, wanted, actor="staff:1", may_refund=True).seen
    for _ in range(2):
        line_edits.apply(order.ref, wanted, seen=seen, actor="staff:1", may_refund=True)
    assert Event.objects.filter(stream=order.stream, type="order.lines_changed").count() == 1
    assert held(order)[mug.pk] == 3


def test_the_discounts_that_it_was_given_are_worked_out_anew_and_no_other_comes_in(mug, pot):
    PromotionFactory(code="TEN", most_uses=1)
    order = bought((mug, 2), (pot, 1), codes=["TEN"])
    PromotionFactory(title="New", percent=50)
    assert order.total == eur("45.40")
    change(order, {mug: 4})
    assert (order.discount, order.total) == (eur("6.50"), eur("63.40"))
    assert {each.code for each in order.adjustments.all()} == {"TEN"}


def test_a_discount_that_is_another_by_now_is_not_applied_to_what_was_agreed(mug, pot):
    offer = PromotionFactory(code="TEN")
    order = bought((mug, 2), codes=["TEN"])
    type(offer).objects.filter(pk=offer.pk).update(percent=20)
    with pytest.raises(IllegalTransition, match="cannot be worked out anew"):
        change(order, {mug: 3})


def test_taxes_follow_the_lines_also_where_a_product_has_another_class_by_now(mug, pot):
    TaxRateFactory()
    TaxRateFactory(tax_class="reduced", percent=7)
    order = bought((mug, 2), (pot, 1))
    type(mug.product).objects.filter(pk=mug.product_id).update(tax_class="reduced")
    book = VariantFactory(price=eur("10.70"), stocked=5)
    type(book.product).objects.filter(pk=book.product_id).update(tax_class="reduced")
    change(order, {mug: 1, book: 1})
    rates = {line.rate: line.net + line.tax for line in order.tax_lines.all()}
    assert set(rates) == {"19", "7"}
    assert sum(rates.values(), eur(0)) == order.total == eur("50.60")


def test_an_order_cannot_cost_less_than_what_has_come(order, mug, pot):
    payments.book_transfer(
        order.ref, eur("30.00"), gateway="bank", reference="x", received_on=date(2026, 11, 27), actor="staff:1"
    )
    with pytest.raises(IllegalTransition, match="€30.00 have come already"):
        change(order, {pot: 0, mug: 1})
    change(order, {pot: 0, mug: 3})
    assert (order.status, order.total) == (Status.PLACED, eur("34.90"))


def test_an_order_that_costs_nothing_any_more_is_paid(mug, pot):
    free = VariantFactory(price=eur("0.00"), stocked=5)
    PromotionFactory(kind="free_delivery", percent=None, code="SHIP")
    order = bought((mug, 1), (free, 1), codes=["SHIP"])
    assert order.total == eur("10.00")
    change(order, {mug: 0})
    assert (order.total, order.status) == (eur("0.00"), Status.PAID)


def test_the_event_tells_lines_and_amounts_and_the_state_is_that_of_a_fresh_snapshot(order, mug):
    change(order, {mug: 3})
    events = Event.objects.filter(stream=order.stream).order_by("seq")
    row = timeline.rows(order, events)[0]
    assert row.sentence == "The lines were changed"
    assert row.detail == f"2 → 3 × {mug}, €49.90 → €59.90"
    data = open_for("admin", events.last().header, events.last().sealed).data
    assert data.order == Order.objects.get(pk=order.pk).state()
    assert data.order.changed.before.minor == 4990
