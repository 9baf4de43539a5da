"""An order's timeline in admin: sentences with people's names; and the way from a queue through its orders."""

from urllib.parse import quote

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from events.log import types
from events.models import Delivery, Event
from orders.admin.timeline import WORDS, rows
from orders.domain_events import OrderEvent
from orders.lifecycle import Actor, Status
from orders.models import Order, OrderLine
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of, move_url
from tests.orders.shipping.conftest import prepared
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def told(order):
    order = Order.objects.get(pk=order.pk)
    return rows(order, Event.objects.filter(stream=order.stream).order_by("seq"))


def by(order, actor, target=Status.PAID, **more):
    return transition(order.ref, target, by=Actor.STAFF, actor=actor, **more)


def test_every_event_of_an_order_has_a_sentence():
    known = {name for name in types.known_types() if issubclass(types.payload_class(name), OrderEvent)}
    assert len(known) > 30
    assert known <= set(WORDS)


def test_the_newest_comes_first_with_the_name_of_who_did_it():
    sam = UserFactory(is_staff=True, first_name="Sam", last_name="Packer")
    order = make_order()
    by(order, f"staff:{sam.pk}", note="by phone")
    first, second = told(order)
    assert (first.sentence, first.who, first.entry["note"]) == ("Paid", "Sam Packer", "by phone")
    assert (second.sentence, second.who) == ("Placed", "the shopper")


@pytest.mark.parametrize(
    ("actor", "who"),
    [
        ("staff:999999", "staff:999999"),
        ("staff:demo", "staff:demo"),
        ("staff:", "staff:"),
        ("staff:²", "staff:²"),
        ("gateway:test", "test"),
        ("system", "the shop"),
        ("nonsense", "nonsense"),
    ],
)
def test_whoever_it_was_is_named(actor, who):
    order = make_order()
    by(order, actor)
    assert told(order)[0].who == who


def test_somebody_without_a_name_is_called_by_the_mail_address():
    sam = UserFactory(is_staff=True, first_name="", last_name="")
    order = make_order()
    by(order, f"staff:{sam.pk}")
    assert sam.email in told(order)[0].who


def test_names_cost_one_query(django_assert_num_queries):
    order = make_order()
    by(order, f"staff:{UserFactory().pk}")
    by(order, f"staff:{UserFactory().pk}", Status.PREPARING)
    order = Order.objects.get(pk=order.pk)
    events = list(Event.objects.filter(stream=order.stream).order_by("seq"))
    with django_assert_num_queries(1):
        assert len(rows(order, events)) == 3


def test_an_event_that_somebody_changed_is_said_and_the_page_opens(staff):
    order = make_order()
    QuerySet(Event).filter(stream=order.stream).update(body=b"{}")
    assert told(order)[0].sentence == "An event that cannot be read"
    assert staff.get(admin_page(order)).status_code == 200


def test_the_page_has_the_sentences_and_the_problems(staff):
    order = make_order()
    by(order, "gateway:test")
    QuerySet(Order).filter(pk=order.pk).update(money_problem="disputed")
    page = staff.get(admin_page(order)).content.decode()
    assert "<strong>Paid</strong>" in page
    assert "The payment is disputed." in page


def test_the_page_begins_with_what_is_in_the_order(staff):
    order = prepared(3, 2)
    QuerySet(OrderLine).filter(order=order, title="Thing 1").update(cancelled=1)
    page = staff.get(admin_page(order)).content.decode()
    assert "<strong>3 × Thing 0</strong>" in page
    assert "<strong>1 × Thing 1</strong>" in page
    assert "1 cancelled" in page
    assert page.index("3 × Thing 0") < page.index("Internal note")


def test_a_line_whose_product_is_gone_is_still_shown(staff):
    order = prepared(1)
    QuerySet(OrderLine).filter(order=order).update(variant=None)
    assert "<strong>1 × Thing 0</strong>" in staff.get(admin_page(order)).content.decode()


def test_what_no_part_of_the_page_tells_stands_on_top(staff):
    order = make_order()
    Delivery.objects.filter(handler="mail", stream=order.stream).update(dead_lettered_at=timezone.now())
    assert "This did not follow: mail." in staff.get(admin_page(order)).content.decode()


# -- From a queue through its orders


def opened_from(queue):
    return f"?_changelist_filters={quote(f'queue={queue}')}"


@pytest.fixture
def two():
    orders = [make_order(), make_order()]
    for order in orders:
        by(order, "staff:1")
    return orders


def test_an_order_that_was_opened_from_a_queue_leads_back_and_to_the_next(staff, two):
    page = staff.get(admin_page(two[0]) + opened_from("to_pack")).content.decode()
    assert 'href="/admin/orders/order/?queue=to_pack"' in page
    assert f"Next: {two[1].ref}" in page
    assert f"{admin_page(two[1])}{opened_from('to_pack')}" in page


def test_after_a_move_the_way_is_still_there(staff, two):
    came = f"http://testserver{admin_page(two[0])}{opened_from('to_pack')}"
    answer = staff.post(move_url(two[0], "preparing"), headers={"referer": came})
    assert answer["Location"] == admin_page(two[0]) + opened_from("to_pack")
    page = staff.get(answer["Location"]).content.decode()
    assert f"Next: {two[1].ref}" in page


def test_the_last_of_a_queue_says_so(staff, two):
    by(two[1], "staff:1", Status.PREPARING)
    assert "No other order waits here." in staff.get(admin_page(two[0]) + opened_from("to_pack")).content.decode()


@pytest.mark.parametrize(
    "came", ["", "nonsense", "queue=nonsense", "queue=to_pack&" + "x" * 10_000, '"><script>', "%00"]
)
def test_a_strange_way_breaks_nothing(staff, two, came):
    page = staff.get(admin_page(two[0]), {"_changelist_filters": came})
    assert page.status_code == 200
    assert '"><script>' not in page.content.decode()
    referer = f"http://testserver{admin_page(two[0])}?_changelist_filters={quote(came)}"
    answer = staff.post(move_url(two[0], "preparing"), headers={"referer": referer})
    assert answer["Location"].startswith(admin_page(two[0]))
    assert len(answer["Location"]) < 2_500


def test_who_may_only_look_sees_the_timeline_too(client, two):
    client.force_login(member_of("Support"))
    assert "<strong>Paid</strong>" in client.get(admin_page(two[0])).content.decode()
