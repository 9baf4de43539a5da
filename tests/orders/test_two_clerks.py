"""Two clerks with the page of one order: nobody's change is lost, and nobody moves what they have not seen."""

import pytest
from django.contrib.auth.models import Group

from events.models import Event
from orders.admin.contact import CONTACT, seen_values
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of, move_url
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
FORMSETS = {f"{name}-{key}": 0 for name in ("lines", "payments") for key in ("TOTAL_FORMS", "INITIAL_FORMS")}


def opened(order):
    """The form as its page was made now."""
    values = seen_values(Order.objects.get(pk=order.pk))
    return FORMSETS | values | {f"seen-{name}": value for name, value in values.items()}


def save(client, order, form, **typed):
    return client.post(admin_page(order), form | typed)


def now(order):
    return Order.objects.get(pk=order.pk)


@pytest.fixture
def order():
    return make_order(address="1 Main St\nApt 4")


@pytest.fixture
def sam(client):
    """A manager with a name, who uses another browser."""
    person = UserFactory(is_staff=True, first_name="Sam", last_name="Packer")
    person.groups.add(Group.objects.get(name="Manager"))
    browser = type(client)()
    browser.force_login(person)
    return browser


def test_each_saves_what_they_changed_and_keeps_what_the_other_did(staff, sam, order):
    mine, sams = opened(order), opened(order)
    save(sam, order, sams, city="Potsdam")
    assert save(staff, order, mine, name="Ann Other").status_code == 302
    assert (now(order).city, now(order).name, now(order).address) == ("Potsdam", "Ann Other", "1 Main St\nApt 4")


def test_the_same_field_is_refused_with_who_and_what_and_what_was_typed_stays(staff, sam, order):
    mine, sams = opened(order), opened(order)
    save(sam, order, sams, city="Potsdam")
    answer = save(staff, order, mine, city="Spandau", name="Ann Other")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Sam Packer changed this to “Potsdam”" in page
    assert 'value="Spandau"' in page
    assert (now(order).city, now(order).name) == ("Potsdam", order.name)  # nothing of it was saved
    again = opened(order)
    assert f'name="seen-city" value="{again["seen-city"]}"' in page
    save(staff, order, again, city="Spandau", name="Ann Other")
    assert (now(order).city, now(order).name) == ("Spandau", "Ann Other")


def test_who_types_the_same_as_the_other_is_not_refused(staff, sam, order):
    mine, sams = opened(order), opened(order)
    save(sam, order, sams, city="Potsdam")
    assert save(staff, order, mine, city="Potsdam").status_code == 302


def test_a_change_that_no_event_tells_of_is_refused_too(staff, order):
    mine = opened(order)
    Order.objects.filter(pk=order.pk).update(city="Potsdam")
    assert (
        "This was changed to “Potsdam” after you opened the page."
        in save(staff, order, mine, city="Spandau").content.decode()
    )


def test_a_change_is_an_event_that_names_the_fields_and_no_value(staff, sam, order):
    save(sam, order, opened(order), city="Potsdam", email="new@example.com")
    event = Event.objects.get(type="order.contact_changed")
    assert b"Potsdam" not in bytes(event.body)
    assert b"new@example.com" not in bytes(event.body)
    page = staff.get(admin_page(order)).content.decode()
    assert "The contact was changed" in page
    assert "Sam Packer – email, city" in " ".join(page.split())


def test_nothing_changed_is_nothing_told(staff, order):
    assert save(staff, order, opened(order)).status_code == 302
    assert not Event.objects.filter(type="order.contact_changed").exists()


def test_another_mail_address_ends_the_links_of_before_and_another_city_does_not(staff, order):
    save(staff, order, opened(order), city="Potsdam")
    assert now(order).link_version == order.link_version
    save(staff, order, opened(order), email="new@example.com")
    assert now(order).link_version == order.link_version + 1


def test_a_form_without_what_was_seen_saves_what_differs(staff, order):
    form = FORMSETS | seen_values(order)
    assert save(staff, order, form, city="Potsdam").status_code == 302
    assert now(order).city == "Potsdam"


def test_a_postal_code_that_cannot_be_is_refused(staff, order):
    page = save(staff, order, opened(order), postal_code="ABC-no").content.decode()
    assert "This is not a postal code of that country." in page
    assert now(order).postal_code == "10115"


def test_who_may_not_change_contacts_changes_none(client, order):
    client.force_login(member_of("Fulfilment"))
    for name in CONTACT:
        save(client, order, opened(order), **{name: "US" if name == "country" else "x@example.com"})
    assert seen_values(now(order)) == seen_values(order)


# -- The move form


def move(client, order, target, came, **more):
    return client.post(move_url(order, target), {"from": came, **more})


def test_a_move_of_another_status_than_was_seen_asks_first_and_keeps_what_was_typed(staff, order):
    sam = UserFactory(is_staff=True, first_name="Sam", last_name="Packer")
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor=f"staff:{sam.pk}")
    answer = move(staff, order, "refunded", "paid", confirmed="1", note="by phone", message="Sorry")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "it is now Preparing (Sam Packer," in " ".join(page.split())
    assert "by phone" in page
    assert "Sorry" in page
    assert now(order).status == Status.PREPARING
    assert move(staff, order, "refunded", "preparing", confirmed="1", note="by phone").status_code == 302
    assert now(order).status == Status.REFUNDED


def test_a_move_that_cannot_be_made_any_more_shows_what_was_typed_and_no_button(staff, order):
    transition(order.ref, Status.CANCELLED, by=Actor.SYSTEM, actor="system")
    page = move(staff, order, "paid", "placed", reference="BANK-7").content.decode()
    assert "BANK-7" in page
    assert ">Mark paid</button>" not in page
    assert now(order).status == Status.CANCELLED


def test_a_tracking_number_outlives_the_question(staff, order):
    for target in (Status.PAID, Status.PREPARING):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    page = move(staff, order, "shipped", "paid", tracking="PW-1").content.decode()
    assert '<input type="hidden" name="tracking" value="PW-1">' in page


def test_each_form_of_the_page_says_which_status_it_was_made_for(staff, order):
    assert '<input type="hidden" name="from" value="placed">' in staff.get(admin_page(order)).content.decode()


@pytest.mark.parametrize("came", ["", "nonsense", "placed\0", "x" * 5000])
def test_a_strange_status_is_asked_about(staff, order, came):
    assert move(staff, order, "paid", came).status_code == 409
    assert now(order).status == Status.PLACED
