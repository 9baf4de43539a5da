"""**Find my order**: who lost the link gets it by mail, and nobody learns which orders there are."""

import re

import pytest
from django.core import mail as outbox

from events.models import Event
from orders import access_links
from orders.models import Order
from orders.pages.find import BY_CLIENT, BY_ORDER
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db

PAGE = "/orders/find/"
SAID = "If there is such an order with this mail address"


def look(client, ref, email, **more):
    return client.post(PAGE, {"ref": ref, "email": email}, follow=True, **more)


def requested(order):
    return Event.objects.filter(stream=order.stream, type="order.link_requested").count()


@pytest.fixture
def order():
    return make_order()


def test_the_link_is_mailed_and_opens_the_order(client, order, process_all):
    assert SAID in look(client, order.ref, order.email).content.decode()
    process_all()
    (sent,) = [each for each in outbox.outbox if each.subject.startswith("The link to your order")]
    assert sent.to == [order.email]
    link = re.search(r"http\S+(/track/\S+/)", sent.body)
    assert link
    assert order.ref in client.get(link[1], follow=True).content.decode()


@pytest.mark.parametrize("typed", [str.lower, str.upper, lambda ref: ref.replace("-", " "), lambda ref: f"  {ref} "])
def test_a_reference_is_found_however_it_is_typed(client, order, typed):
    look(client, typed(order.ref), order.email.upper())
    assert requested(order) == 1


@pytest.mark.parametrize(
    ("ref", "email"),
    [
        ("right", "somebody@example.com"),
        ("ABCDE-12345", "right"),
        ("nonsense", "right"),
        ("ABCDE-12345", "x@y.example"),
    ],
)
def test_a_miss_looks_like_a_hit_and_mails_nothing(client, order, ref, email):
    ref, email = (order.ref if ref == "right" else ref), (order.email if email == "right" else email)
    hit, miss = look(client, order.ref, order.email), look(client, ref, email)
    assert requested(order) == 1
    plain = [re.sub(r'value="[^"]*"|content="[^"]*"|nonce="[^"]*"', "", each.content.decode()) for each in (hit, miss)]
    assert plain[0] == plain[1]
    assert (hit.status_code, hit.redirect_chain) == (miss.status_code, miss.redirect_chain)


@pytest.mark.parametrize(
    ("ref", "email", "said"),
    [
        ("", "ann@example.com", "This field is required."),
        ("ABCDE-12345", "ann", "Enter a valid email address."),
        ("x" * 10_000, "ann@example.com", "at most 40 characters"),
        ("A\0B", "ann@example.com", "Null characters are not allowed."),
    ],
)
def test_a_wrong_form_is_said_beside_its_field(client, ref, email, said):
    answer = client.post(PAGE, {"ref": ref, "email": email})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_mailbox_is_not_flooded(client, order):
    for _ in range(BY_ORDER + 2):
        assert SAID in look(client, order.ref, order.email).content.decode()
    assert requested(order) == BY_ORDER


def test_one_client_looks_for_so_many(client, order):
    for n in range(BY_CLIENT):
        assert look(client, f"ABCDE-{n:05}", "x@y.example", REMOTE_ADDR="198.51.100.7").status_code == 200
    answer = look(client, order.ref, order.email, REMOTE_ADDR="198.51.100.7")
    assert answer.status_code == 429
    assert requested(order) == 0
    look(client, order.ref, order.email, REMOTE_ADDR="198.51.100.8")
    assert requested(order) == 1


def test_the_link_of_a_members_order_shows_and_does_not_act(client, process_all):
    order = make_order(user=UserFactory())
    look(client, order.ref, order.email)
    process_all()
    link = re.search(r"http\S+/track/(\S+)/", outbox.outbox[-1].body)
    assert link
    assert access_links.read(link[1]).strength == access_links.Strength.LOOK


def test_links_that_staff_ended_stay_ended(client, order, process_all):
    old = access_links.path(order)
    order.end_links()
    order.save(update_fields=["link_version"])
    look(client, order.ref, order.email)
    process_all()
    assert client.get(old).status_code == 410
    assert Order.objects.get(pk=order.pk).link_version == order.link_version


def test_guests_find_the_page_and_members_need_it_not(client):
    assert PAGE in client.get("/").content.decode()
    assert client.get(PAGE).status_code == 200
    client.force_login(UserFactory())
    assert PAGE not in client.get("/").content.decode()
