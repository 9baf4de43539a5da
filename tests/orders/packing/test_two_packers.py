"""Two packers at once: neither is led to the order that the other has open, and whoever opens it is told."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from orders.packing import who_packs
from tests.orders.conftest import member_of
from tests.orders.packing.test_pack import START, page_of, ship
from tests.orders.shipping.conftest import prepared
from tests.support.together import at_once

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
    """The order that **Begin with the next order** leads to."""
    assert b"Begin with the next order" in client.get(START).content
    return client.post(START)["Location"]


def do_once(monkeypatch, before=lambda: None, after=lambda: None):
    """What happens before or after a packer looks who has what open, the first time."""
    others = who_packs._others

    def looked(actor):
        monkeypatch.setattr(who_packs, "_others", others)
        before()
        found = others(actor)
        after()
        return found

    monkeypatch.setattr(who_packs, "_others", looked)


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


def test_an_order_is_free_only_when_the_last_who_has_it_open_has_gone(packer, other, three):
    packer.get(page_of(three[0]))
    other.get(page_of(three[0]))
    packer.get(START)
    third = Client()
    third.force_login(member_of("Manager"))
    assert told(third, three[0]), "the other packs it"
    assert begin_with(third) == page_of(three[1])
    other.get(START)
    assert begin_with(packer) == page_of(three[0])
    assert not told(packer, three[0])


def test_of_two_who_open_it_at_the_same_moment_at_least_one_is_told(packer, other, three, monkeypatch):
    """Clocks of hosts differ: who came second may have the earlier time."""
    packer.get(page_of(three[0]))
    early = timezone.now() - timedelta(seconds=3)
    monkeypatch.setattr(who_packs.timezone, "now", lambda: early)
    assert told(other, three[0])


def test_an_order_that_was_shipped_while_the_next_was_looked_for_is_not_the_next(packer, other, three, monkeypatch):
    other.get(page_of(three[0]))

    def before_the_packer_looks():
        ship(other, three[0])
        other.get(START)

    do_once(monkeypatch, before=before_the_packer_looks)
    assert packer.post(START)["Location"] == page_of(three[1])


def test_an_order_that_somebody_opens_while_the_next_is_looked_for_is_not_the_next(packer, other, three, monkeypatch):
    do_once(monkeypatch, after=lambda: other.get(page_of(three[0])))
    assert packer.post(START)["Location"] == page_of(three[1])


def test_who_goes_on_at_once_leaves_the_order_to_which_they_were_led(packer, other, three):
    assert begin_with(packer) == page_of(three[0])
    packer.get(page_of(three[2]))
    assert begin_with(other) == page_of(three[0])


def test_who_asks_for_the_next_order_is_led_on_from_the_last(packer, three):
    packer.get(page_of(three[0]))
    assert packer.post(START, {"after": three[0].ref})["Location"] == page_of(three[1])


@pytest.mark.parametrize("after", ["nothing", "x" * 10_000, "\0"])
def test_a_last_order_that_is_none_leads_to_the_first(packer, three, after):
    assert packer.post(START, {"after": after})["Location"] == page_of(three[0])


def test_where_nothing_waits_the_next_order_is_the_start(packer):
    assert packer.post(START)["Location"] == START


@pytest.mark.django_db(transaction=True)
def test_packers_who_ask_at_the_same_moment_get_an_order_each(monkeypatch):
    orders = [prepared(1) for _ in range(4)]
    clients = [Client() for _ in orders]
    for client in clients:
        client.force_login(member_of("Fulfilment"))
    looked, waited = threading.Barrier(len(clients)), threading.local()
    others = who_packs._others

    def all_look_before_any_takes(actor):
        found = others(actor)
        if not hasattr(waited, "once"):
            waited.once = looked.wait(10)
        return found

    monkeypatch.setattr(who_packs, "_others", all_look_before_any_takes)
    led = at_once(*[lambda client=client: client.post(START)["Location"] for client in clients])
    assert sorted(led) == sorted(map(page_of, orders))


def test_a_second_press_leads_to_the_same_order(packer, three):
    assert [begin_with(packer), packer.post(START)["Location"]] == [page_of(three[0])] * 2


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


def test_while_the_cache_is_away_both_pack_and_a_process_still_leads_them_apart(away, packer, other, three):
    assert begin_with(packer) == page_of(three[0])
    assert packer.get(page_of(three[0])).status_code == 200
    assert begin_with(other) == page_of(three[1])
    assert ship(packer, three[0])["Location"].startswith(page_of(three[2]))
