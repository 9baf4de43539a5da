"""Access links: two strengths, an end, no secret left in an address, nothing renewed by use."""

import re
import time
from unittest import mock

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from events.live import tickets
from orders import access_links
from orders.access_links import Strength
from orders.lifecycle import Status
from orders.models import Order
from orders.streams import OrderStream
from shop.staff.models import TrailEntry
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db
DAY = 86_400


@pytest.fixture
def order():
    return make_order(city="Potsdam")


@pytest.fixture
def onlooker(order):
    """Somebody to whom the order was shown."""
    client = Client()
    assert client.get(access_links.path(order, Strength.LOOK)).status_code == 303
    return client


def test_a_link_leads_to_the_orders_own_address(client, order):
    answer = client.get(access_links.path(order))
    assert (answer.status_code, answer["Location"]) == (303, f"/orders/{order.ref}/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]


def test_nothing_that_a_guest_sees_or_sends_holds_a_link_that_acts(client, order):
    client.get(access_links.path(order))
    for path in (f"/orders/{order.ref}/", f"/orders/{order.ref}/cancel/"):
        for token in tokens(client.get(path).content.decode()):
            assert access_links.read(token).strength is Strength.LOOK
    assert client.post(f"/orders/{order.ref}/cancel/")["Location"] == f"/orders/{order.ref}/"


def viewer(browser):
    return tickets.redeem(browser.get("/live/ticket").json()["ticket"], browser.session.session_key)


def tokens(page):
    return [part.partition("/")[0] for part in page.split("/track/")[1:]]


def test_the_gateway_is_given_no_link(client, order):
    client.get(access_links.path(order))
    with mock.patch("orders.payments.service.start", return_value="/there") as start:
        client.post(f"/orders/{order.ref}/pay/")
    assert start.call_args.args[1] == f"http://testserver/orders/{order.ref}/"


def test_a_link_is_not_renewed_by_its_use(client, order):
    old = time.time() - 89 * DAY
    with mock.patch("time.time", return_value=old):
        path = access_links.path(order)
    client.get(path)
    client.get(f"/orders/{order.ref}/")
    with mock.patch("time.time", return_value=time.time() + 2 * DAY):
        assert Client().get(path).status_code == 410


def test_what_a_link_opened_closes_by_itself(client, order):
    client.get(access_links.path(order))
    session = client.session
    session.set_expiry(400 * DAY)
    session.save()
    with mock.patch("events.live.tickets.time.time", return_value=time.time() + access_links.GRANT_SECONDS + 1):
        assert client.get(f"/orders/{order.ref}/").status_code == 404


def test_who_was_shown_an_order_sees_it_move_without_address_and_prices(onlooker, order):
    page = onlooker.get(f"/orders/{order.ref}/").content.decode()
    assert "Placed" in page
    for secret in (
        order.address,
        order.city,
        order.postal_code,
        order.email,
        "24.90",
        "20.00",
        "Pay now",
        "Cancel order",
    ):
        assert secret not in page, secret


@pytest.mark.parametrize("path", ["pay", "cancel", "push"])
def test_who_was_shown_an_order_does_nothing_with_it(onlooker, order, path):
    assert onlooker.post(f"/orders/{order.ref}/{path}/").status_code == 404
    assert Order.objects.get().status == Status.PLACED


def test_who_was_shown_an_order_watches_it_live(onlooker, order):
    assert OrderStream().topic(order.ref, viewer(onlooker)) == order.stream
    other = make_order()
    assert OrderStream().topic(other.ref, viewer(onlooker)) is None


def test_links_that_were_ended_open_nothing_any_more(client, onlooker, order):
    path = access_links.path(order)
    client.get(path)
    watching = viewer(onlooker)
    order = Order.objects.get()
    order.end_links()
    order.save(update_fields=["link_version"])
    for browser in (client, onlooker):
        assert browser.get(f"/orders/{order.ref}/").status_code == 404
        assert browser.post(f"/orders/{order.ref}/cancel/").status_code == 404
    assert OrderStream().topic(order.ref, watching) is None
    answer = client.get(path)
    assert answer.status_code == 410
    assert "a newer link" in answer.content.decode()
    assert Client().get(access_links.path(order)).status_code == 303


def test_staff_end_all_links_and_are_given_a_new_one(staff, order):
    path, guest = access_links.path(order), Client()
    guest.get(path)
    page = staff.post(reverse("admin:orders_order_end_links", args=[order.pk]), follow=True).content.decode()
    fresh = re.search(r"/track/[^<\s]+", page)[0]
    assert guest.get(path).status_code == 410
    assert guest.get(f"/orders/{order.ref}/").status_code == 404
    assert Client().get(fresh).status_code == 303
    (changes,) = [entry.changes for entry in TrailEntry.objects.filter(kind="orders.order")]
    assert list(changes.values()) == [["1", "2"]]


def test_links_are_ended_by_who_may_change_the_contact_only(client, order):
    packer = UserFactory(is_staff=True)
    packer.groups.add(Group.objects.get(name="Fulfilment"))
    client.force_login(packer)
    address = reverse("admin:orders_order_end_links", args=[order.pk])
    assert "End all links" not in client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert client.post(address).status_code == 403
    assert Order.objects.get().link_version == order.link_version
    packer.user_permissions.add(Permission.objects.get(codename="change_contact"))
    assert client.get(address).status_code == 302
    assert Order.objects.get().link_version == order.link_version, "a GET ends nothing"
    client.post(address)
    assert Order.objects.get().link_version == order.link_version + 1


def test_a_grant_of_another_version_has_ended_and_of_this_one_has_not(order):
    other = make_order()
    now = access_links.grants(order.stream, order.link_version)
    before = access_links.grants(order.stream, order.link_version - 1)
    gone = {access_links.grant("order:NOBODY", 1, Strength.ACT)}
    good = access_links.grants(other.stream, other.link_version)
    assert access_links.ended(now | before | gone | good | {"something else"}) == before | gone


def test_a_changed_mail_address_ends_the_links(staff, order):
    path = access_links.path(order)
    page = reverse("admin:orders_order_change", args=[order.pk])
    form = staff.get(page).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields} | {"email": "other@example.com"}
    sent |= {
        f"{name}-{key}": 0 for name in ("lines", "payments", "parcels") for key in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    assert staff.post(page, sent).status_code == 302
    assert Order.objects.get().email == "other@example.com"
    assert Client().get(path).status_code == 410


@pytest.mark.parametrize(("whose", "strength"), [("a guest's", Strength.ACT), ("a member's", Strength.LOOK)])
def test_a_mail_carries_a_link_that_acts_only_for_a_guest(whose, strength, process_all, mailoutbox):
    make_order(user=UserFactory() if whose == "a member's" else None)
    process_all("mail")
    (token,) = set(tokens(mailoutbox[0].body))
    assert access_links.read(token).strength is strength


@pytest.mark.parametrize("content", [["K7QF3-M2XD9"], "K7QF3-M2XD9", ["K7QF3-M2XD9", 1, "all"], {}, None])
def test_a_token_of_another_kind_is_not_ours(client, content):
    from django.core import signing

    token = signing.dumps(content, salt="order-link")
    assert client.get(f"/track/{token}/").status_code == 404
