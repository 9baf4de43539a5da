"""Two packers at once: neither is led to the order that the other has open, and whoever opens it is told."""

import time

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from orders.packing import who_packs
from tests.orders.conftest import member_of
from tests.orders.packing.test_pack import START, page_of, ship
from tests.orders.shipping.conftest import prepared

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def other():
    """Another packer, at another screen."""
    person = member_of("Fulfilment")
    person.first_name, person.last_name = "Kim", "Other"
    person.save()
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def three():
    return [prepared(1) for _ in range(3)]


def begin_with(client):
    """The order that the first page leads to."""
    page = client.get(START).content.decode()
    return page.partition('class="pack-next" href="')[2].partition('"')[0]


def told(client, order):
    return "and may be packing it." in client.get(page_of(order)).content.decode()


def test_the_second_packer_is_led_to_the_second_order(packer, other, three):
    assert begin_with(packer) == page_of(three[0])
    packer.get(page_of(three[0]))
    assert begin_with(other) == page_of(three[1])
    other.get(page_of(three[1]))
    shipped = ship(packer, three[0])
    assert shipped["Location"].startswith(page_of(three[2]))


def test_who_opens_an_order_that_somebody_packs_is_told_by_whom(packer, other, three):
    before = timezone.localtime()
    other.get(page_of(three[0]))
    opened = {f"{moment:%H:%M}" for moment in (before, timezone.localtime())}
    shown = " ".join(packer.get(page_of(three[0])).content.decode().split())
    assert any(f"Kim Other opened this order at {moment} and may be packing it." in shown for moment in opened)
    assert not told(other, three[0]), "who had it first keeps it"


def test_who_goes_on_leaves_the_order_to_the_others(packer, other, three):
    other.get(page_of(three[0]))
    other.get(page_of(three[1]))
    assert not told(packer, three[0])
    packer.get(page_of(three[2]))
    other.get(START)
    assert not told(packer, three[1])


def test_an_order_that_somebody_left_open_is_free_after_a_while(packer, other, three, monkeypatch):
    monkeypatch.setattr(who_packs, "SECONDS", 1)
    other.get(page_of(three[0]))
    time.sleep(1.1)
    assert begin_with(packer) == page_of(three[0])
    assert not told(packer, three[0])


def test_where_every_order_is_open_elsewhere_the_first_is_offered(packer, other):
    order = prepared(1)
    other.get(page_of(order))
    assert begin_with(packer) == page_of(order)


def test_after_the_cache_was_emptied_both_pack_as_before(packer, other, three):
    other.get(page_of(three[0]))
    cache.clear()
    assert begin_with(packer) == page_of(three[0])
    assert not told(packer, three[0])
