"""How staff find orders: what names one finds that one alone, other text is looked for in each of its words."""

import pytest

from orders.admin import search
from orders.models import Order, Payment
from orders.shipping import parcels
from tests.orders.shipping.conftest import prepared
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def found(typed):
    return set(search.matching(Order.objects.all(), typed).values_list("pk", flat=True))


@pytest.fixture
def orders():
    return [make_order(name=name, email=f"{name.split()[0].lower()}@example.org") for name in ("Ann Reed", "Joann Lee")]


def test_a_reference_finds_its_order_alone_however_it_was_typed(orders):
    ann, joann = orders
    Order.objects.filter(pk=joann.pk).update(name=f"Who also wrote {ann.ref}")
    for typed in (ann.ref, f" {ann.ref.lower()} ", ann.ref.replace("-", ""), ann.ref.replace("0", "O")):
        assert found(typed) == {ann.pk}


def test_a_whole_mail_address_finds_its_orders_and_no_longer_address(orders):
    ann, joann = orders
    assert found("ANN@example.org") == {ann.pk}
    assert found("ann@example") == {ann.pk, joann.pk}


def test_a_tracking_number_finds_its_order_alone():
    first, second = prepared(1), prepared(1)
    parcels.send(first.ref, None, actor="staff:1", tracking="JJD-77")
    parcels.send(second.ref, None, actor="staff:1", tracking="JJD-777")
    assert found("jjd-77") == found(" JJD - 77 ") == {first.pk}
    assert found("jjd-7") == {first.pk, second.pk}


def test_a_list_with_filters_shows_nothing_in_place_of_what_it_leaves_out(orders):
    ann, _joann = orders
    assert not search.matching(Order.objects.exclude(pk=ann.pk), "ann@example.org").exists()


def test_a_word_that_somebody_typed_as_a_number_hides_no_customer():
    named, sent = make_order(name="Lee Brief"), prepared(1)
    parcels.send(sent.ref, None, actor="staff:1", tracking="BRIEF")
    assert found("Brief") == {named.pk, sent.pk}


def test_a_session_of_the_gateway_finds_its_order(orders):
    Payment.objects.create(order=orders[0], gateway="test", session="cs_12", amount=orders[0].total)
    assert found("cs_12") == found("CS_1") == {orders[0].pk}


def test_each_word_may_stand_elsewhere_and_all_have_to_be_found(orders):
    ann, _joann = orders
    title = ann.lines.first().title.split()[0]
    assert ann.pk in found(f"reed {title}")
    assert found("reed lee") == set()
    assert found('"ann reed"') == {ann.pk}


def test_an_order_of_two_parcels_is_found_once(orders):
    order = prepared(1, 1)
    for number, line in enumerate(order.lines.all()):
        parcels.send(order.ref, {line.pk: 1}, actor="staff:1", tracking=f"JJD-{number}")
    assert search.matching(Order.objects.all(), "jjd").count() == 1


@pytest.mark.parametrize("typed", ["%", "_", "\\", "x" * 10_000, '"', "'", '"a', "\u202e", "é" * 200])
def test_signs_of_the_database_are_plain_text(orders, typed):
    assert found(typed) <= {order.pk for order in orders}


def test_nothing_typed_finds_all(orders):
    assert found("") == found("  ") == {order.pk for order in orders}
