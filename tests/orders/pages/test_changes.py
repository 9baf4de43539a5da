"""What a shopper changes about an order under way: its address, that it is not there, and the same again."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from events.log.envelope import open_for
from events.models import Event
from orders import access_links, changes, what_now
from orders.access_links import Strength
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order
from orders.presentation import present
from orders.queues import problems
from orders.queues.table import BY_KEY
from orders.transitions import transition
from shop.cart.models import CartLine
from tests.orders.conftest import admin_page, member_of
from tests.support.factories import DeliveryMethodFactory, TaxRateFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db
NEW = {"name": "Ann Example", "address": "Lindenstr. 5", "city": "Berlin", "region": "", "postal_code": "10969"}


@pytest.fixture
def order(client):
    """A guest's, whose link this client has."""
    DeliveryMethodFactory()
    made = make_order()
    client.get(access_links.path(made))
    return made


def move(order, *targets):
    for target in targets:
        order = transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    return order


def newest(order):
    return Event.objects.filter(stream=order.stream).order_by("seq").last().type


def test_the_address_is_changed_as_long_as_nobody_packs(client, order, process_all):
    mail.outbox.clear()
    answer = client.post(f"/orders/{order.ref}/address/", NEW, follow=True)
    assert "The order goes to the new address." in answer.content.decode()
    order.refresh_from_db()
    assert (order.address, order.postal_code, order.country.code) == ("Lindenstr. 5", "10969", "DE")
    assert newest(order) == "order.address_changed"
    process_all("mail")
    told = mail.outbox[-1]
    assert "another address" in told.subject
    assert "Lindenstr. 5" in told.body


def test_no_event_holds_the_new_address(order):
    changes.change_address(order.ref, NEW)
    events = Event.objects.filter(stream=order.stream).order_by("seq")
    told = [open_for("test", event.header, event.sealed) for event in events]
    assert told[-1].type == "order.address_changed"
    assert "Lindenstr" not in repr(told)


def test_a_packed_order_keeps_its_address(client, order):
    move(order, Status.PAID, Status.PREPARING)
    answer = client.post(f"/orders/{order.ref}/address/", NEW, follow=True)
    assert "too late to change the address" in answer.content.decode()
    with pytest.raises(IllegalTransition):
        changes.change_address(order.ref, NEW)
    order.refresh_from_db()
    assert order.address == "Hauptstr. 1"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"postal_code": "1"}, "This is not a postal code of that country."),
        ({"name": ""}, "This field is required."),
        ({"address": "https://evil.example"}, "Please leave out web addresses."),
    ],
)
def test_a_wrong_address_is_said_beside_it_and_kept(client, order, changed, said):
    answer = client.post(f"/orders/{order.ref}/address/", NEW | {"city": "Potsdam"} | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Potsdam" in answer.content.decode()
    order.refresh_from_db()
    assert order.city == "Berlin"


def test_the_country_stays_whatever_a_form_says(client, order):
    client.post(f"/orders/{order.ref}/address/", NEW | {"country": "FR"})
    order.refresh_from_db()
    assert (order.country.code, order.address) == ("DE", "Lindenstr. 5")


def test_the_region_stays_where_the_tax_depends_on_it(order):
    TaxRateFactory(country="US", region="NY")
    TaxRateFactory(country="US", region="CA")
    there = make_order(country="US", region="NY", postal_code="10001", city="New York")
    wanted = {name: getattr(there, name) for name in changes.ADDRESS}
    with pytest.raises(IllegalTransition, match="tax"):
        changes.change_address(there.ref, wanted | {"region": "CA"})
    assert changes.change_address(there.ref, wanted | {"city": "Buffalo", "postal_code": "14201"})


def test_the_same_address_changes_nothing(client, order):
    wanted = {name: getattr(order, name) for name in changes.ADDRESS}
    assert not changes.change_address(order.ref, wanted)
    assert newest(order) == "order.placed"


def test_who_only_looks_changes_nothing(client):
    order = make_order()
    client.get(access_links.path(order, Strength.LOOK))
    for page in ("address", "missing", "again"):
        assert client.post(f"/orders/{order.ref}/{page}/", NEW).status_code == 404
    assert "What you can do now" not in client.get(f"/orders/{order.ref}/").content.decode()


def delivered(order):
    return move(order, Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)


def test_what_has_not_come_is_among_the_problems_until_staff_have_dealt_with_it(client, order, django_user_model):
    delivered(order)
    assert "with your neighbours" in client.get(f"/orders/{order.ref}/missing/").content.decode()
    for _twice in range(2):
        client.post(f"/orders/{order.ref}/missing/")
    assert [e.type for e in Event.objects.filter(stream=order.stream)].count("order.missing_reported") == 1
    assert "You told us" in client.get(f"/orders/{order.ref}/").content.decode()
    order.refresh_from_db()
    assert order in Order.objects.filter(BY_KEY["problems"].condition())
    assert [each.kind for each in problems.of([order])[order.pk]] == ["missing"]
    client.force_login(member_of("Support"))
    assert client.post(f"{admin_page(order)[:-7]}found/").status_code == 403
    client.force_login(member_of("Fulfilment"))
    assert "It is dealt with" in client.get(admin_page(order)).content.decode()
    client.post(f"{admin_page(order)[:-7]}found/")
    order.refresh_from_db()
    assert order.missing_at is None
    assert order not in Order.objects.filter(BY_KEY["problems"].condition())


def test_an_order_that_is_expected_is_not_missing(client, order):
    order.promised_by = timezone.localdate() + timedelta(days=1)
    order.save(update_fields=["promised_by"])
    move(order, Status.PAID, Status.PREPARING, Status.SHIPPED)
    assert "still expected" in client.post(f"/orders/{order.ref}/missing/", follow=True).content.decode()
    order.refresh_from_db()
    assert order.missing_at is None


def test_an_order_past_its_day_can_be_said_to_be_missing(order):
    moved = move(order, Status.PAID, Status.PREPARING, Status.SHIPPED)
    state, after = moved.state(), moved.promised_by + timedelta(days=1)
    assert what_now.can_report_missing(Status.SHIPPED, state, after)
    assert not what_now.can_report_missing(Status.SHIPPED, state, moved.promised_by)


def test_the_same_again_fills_the_cart_and_names_what_is_gone(client, order):
    there, sold_out = VariantFactory(stocked=3), VariantFactory(stocked=0)
    line = order.lines.get()
    for variant, quantity in ((there, 2), (sold_out, 1)):
        line.pk, line.variant, line.quantity = None, variant, quantity
        line.save()
    page = client.post(f"/orders/{order.ref}/again/", follow=True).content.decode()
    assert [(row.variant, row.quantity) for row in CartLine.objects.all()] == [(there, 2)]
    assert "Teapot is no longer for sale." in page  # its variant was deleted
    assert f"{sold_out} is sold out." in page


OFFERED = {
    (): {"can_pay", "can_change_address", "can_cancel", "still_moves"},
    (Status.PAID,): {"can_change_address", "can_cancel", "still_moves"},
    (Status.PAID, Status.PREPARING): {"still_moves"},
    (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.DELIVERED): {
        "can_report_missing",
        "can_return",
        "can_order_again",
        "can_review",
    },
    (Status.CANCELLED,): {"can_order_again"},
}


@pytest.mark.parametrize("targets", OFFERED)
def test_each_status_offers_what_is_possible(order, targets):
    order.promised_by = timezone.localdate()
    order.save(update_fields=["promised_by"])
    d = present(move(order, *targets).state(), "en")
    keys = {key for key in d if key.startswith("can_")}
    assert {key for key in {*keys, "still_moves"} if d[key]} == OFFERED[targets]


def test_an_unpaid_order_says_until_when_and_to_the_script_too(client, order):
    page = client.get(f"/orders/{order.ref}/").content.decode()
    assert "We keep your things for you until" in page
    assert f'datetime="{order.pay_until.isoformat()}"' in page
