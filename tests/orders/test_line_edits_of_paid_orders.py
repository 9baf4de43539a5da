"""The lines of an order that is paid: less is a cancellation, a swap gives the rest back, more is refused."""

import pytest

from orders import line_edits
from orders.documents import issuing
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Refund
from orders.models.document import Document
from orders.payments.gateways.base import Result
from orders.transitions import transition
from tests.orders.test_line_edits import bought, change, eur, held, ordered, paid_by_card, wants
from tests.support.factories import SellerFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def order(mug, pot):
    """Two mugs and a pot: 49.90."""
    return bought((mug, 2), (pot, 1))


def test_less_of_a_paid_order_is_a_cancellation_of_lines_with_its_refund(order, mug, pot, process_all):
    paid_by_card(order)
    found = change(order, {mug: 1})
    assert found.returned == eur("10.00")
    assert "returned by the gateway" in found.sentence
    line = order.lines.get(sku="MUG")
    assert (line.quantity, line.cancelled) == (2, 1)
    process_all("stock", "payments.refund_part")
    order.refresh_from_db()
    assert (order.total, order.refunded) == (eur("49.90"), eur("10.00"))
    assert held(order) == {mug.pk: 1, pot.pk: 1}
    assert change(order, {pot: 0}).before == eur("39.90")
    with pytest.raises(IllegalTransition, match="cancel the order instead"):
        change(order, {mug: 0})


def test_a_paid_order_is_swapped_for_something_cheaper_and_the_rest_goes_back(order, mug, pot, process_all):
    paid_by_card(order, Result.AUTHORISED)
    cup = VariantFactory(sku="CUP", price=eur("20.00"), stocked=1)
    found = change(order, {pot: 0, cup: 1})
    assert "never taken" in found.sentence
    assert (order.total, ordered(order)) == (eur("44.90"), {"MUG": 2, "CUP": 1})
    assert order.payments.get().to_capture == eur("44.90")
    assert held(order) == {mug.pk: 2, cup.pk: 1}
    assert order.status == Status.PAID


def test_a_paid_order_that_would_cost_more_is_refused_with_what_to_do_instead(order, pot):
    paid_by_card(order)
    with pytest.raises(IllegalTransition, match=r"€25.00 more. Please place a second order"):
        change(order, {pot: 2})
    assert ordered(order) == {"MUG": 2, "POT": 1}


def test_what_has_an_invoice_gets_nothing_new_and_what_is_taken_out_is_credited(order, mug, pot, process_all):
    SellerFactory()
    paid_by_card(order)
    process_all("documents.issue")
    cup = VariantFactory(price=eur("1.00"), stocked=5)
    with pytest.raises(IllegalTransition, match="has an invoice"):
        change(order, {pot: 0, cup: 1})
    change(order, {mug: 1})
    process_all("payments.refund_part", "documents.issue")
    assert [(each.kind, each.total) for each in Document.objects.order_by("pk")] == [
        ("invoice", eur("49.90")),
        ("credit_note", eur("10.00")),
    ]


def test_a_swapped_order_gets_its_invoice_of_what_it_is_now(order, pot, process_all):
    paid_by_card(order)
    cup = VariantFactory(sku="CUP", price=eur("20.00"), stocked=1)
    change(order, {pot: 0, cup: 1})
    process_all("payments.refund_part")
    SellerFactory()
    made = issuing.issue_invoice(order.ref)
    assert (made.total, [line["sku"] for line in made.content["lines"]]) == (eur("44.90"), ["MUG", "CUP", ""])
    assert issuing.issue_credit_note(Refund.objects.get().pk) is None


def test_nothing_comes_in_where_something_was_cancelled_of_a_paid_order(order, mug, pot):
    paid_by_card(order)
    change(order, {mug: 1})
    cup = VariantFactory(price=eur("1.00"), stocked=5)
    with pytest.raises(IllegalTransition, match="taken out of this order before"):
        change(order, {pot: 0, cup: 1})


def test_an_order_that_is_being_packed_stays_as_it_is(order, mug):
    paid_by_card(order)
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1")
    with pytest.raises(IllegalTransition, match="too late"):
        line_edits.apply(order.ref, wants(order, {mug: 1}), seen="", actor="staff:1", may_refund=True)


def test_who_may_not_refund_takes_nothing_out_of_a_paid_order(order, mug):
    paid_by_card(order)
    with pytest.raises(IllegalTransition, match="may not refund"):
        change(order, {mug: 1}, may_refund=False)
    assert not Refund.objects.exists()
