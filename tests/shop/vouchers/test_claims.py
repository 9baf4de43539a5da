"""Limited vouchers: claimed under a lock, released with the order."""

import threading

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from events.models import Event
from shop.vouchers import claims
from shop.vouchers.models import Claim
from tests.support.factories import PromotionFactory
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def claim(promotion, ref, shopper="ann@example.com"):
    with transaction.atomic():
        claims.claim([promotion.pk], ref, shopper)


def test_each_claim_and_release_is_an_event_and_neither_tells_who_or_which_code():
    promotion = PromotionFactory(code="SPRING")
    claim(promotion, "A")
    with transaction.atomic():
        assert claims.release("A") == 1
    found = Event.objects.filter(type__startswith="voucher.").order_by("seq")
    assert [event.type for event in found] == ["voucher.claimed", "voucher.released"]
    for event in found:
        assert b"ann@" not in bytes(event.body)
        assert b"SPRING" not in bytes(event.body)


def test_a_release_that_comes_again_releases_nothing():
    claim(PromotionFactory(code="A", most_uses=1), "A")
    with transaction.atomic():
        assert claims.release("A") == 1
        assert claims.release("A") == 0
        assert claims.release("nobody") == 0


def test_a_released_use_can_be_claimed_by_another():
    promotion = PromotionFactory(code="A", most_uses=1)
    claim(promotion, "A")
    with pytest.raises(claims.UsedUp):
        claim(promotion, "B")
    with transaction.atomic():
        claims.release("A")
    claim(promotion, "B")


def test_one_mail_address_is_one_shopper_however_it_is_typed():
    promotion = PromotionFactory(code="A", most_per_shopper=1)
    claim(promotion, "A", "Ann@Example.com ")
    with pytest.raises(claims.UsedUp):
        claim(promotion, "B", "ann@example.com")
    claim(promotion, "C", "bea@example.com")
    assert claims.uses([promotion.pk], "ANN@example.com") == {promotion.pk: (2, 1)}


def test_a_promotion_for_everybody_without_a_limit_is_not_counted():
    claim(PromotionFactory(), "A")
    assert not Claim.objects.exists()


def test_of_two_promotions_of_an_order_none_is_claimed_if_one_is_used_up():
    good, gone = PromotionFactory(code="GOOD", most_uses=5), PromotionFactory(code="GONE", most_uses=0)
    with pytest.raises(claims.UsedUp), transaction.atomic():
        claims.claim([good.pk, gone.pk], "A", "ann@example.com")
    assert not Claim.objects.exists()


def race(promotion, shoppers):
    """How many of them get it."""

    def one(n):
        def go():
            try:
                claim(promotion, f"R{n}", f"shopper{n}@example.com")
            except claims.UsedUp:
                return 0
            return 1

        return go

    return sum(at_once(*(one(n) for n in range(shoppers))))


@pytest.mark.django_db(transaction=True)
def test_of_fifty_shoppers_ten_get_the_last_ten_uses():
    promotion = PromotionFactory(code="TEN", most_uses=10)
    assert race(promotion, 50) == 10
    assert Claim.objects.filter(state="claimed").count() == 10


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_more_than_the_last_uses_are_claimed(monkeypatch):
    """The negative control: only the row lock is missing.

    (On SQLite a transaction that writes is a lock of its own.)
    """
    promotion = PromotionFactory(code="TEN", most_uses=3)
    barrier, counted = threading.Barrier(8), claims.uses

    def read_by_all_before_one_writes(*args):
        found = counted(*args)
        if connection.vendor == "postgresql":
            barrier.wait(20)
        return found

    monkeypatch.setattr(claims, "uses", read_by_all_before_one_writes)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    assert race(promotion, 8) == (8 if connection.vendor == "postgresql" else 3)
