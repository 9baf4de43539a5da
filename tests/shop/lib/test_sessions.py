"""Sessions are Django's in everything but the number of statements."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.utils import timezone

from shop.lib.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept():
    store = SessionStore()
    store["cart"] = 7
    store.create()
    return store


def test_reading_and_changing_one_takes_a_statement_each(kept, django_assert_num_queries):
    SessionStore(kept.session_key).get("cart")
    with django_assert_num_queries(2):
        again = SessionStore(kept.session_key)
        again["cart"] = again["cart"] + 1
        again.save()
    assert SessionStore(kept.session_key)["cart"] == 8


@pytest.mark.parametrize("key", ["planted" * 4, "planted\0" * 4, "' OR 1=1 --", "ü" * 32])
def test_a_key_that_nobody_was_given_is_not_taken_on(key):
    """Whoever plants a key in somebody's browser must not know their session."""
    planted = SessionStore(key)
    assert planted.get("cart") is None
    assert planted.session_key is None
    planted["cart"] = 1
    planted.save()
    assert planted.session_key != key


def test_one_that_ran_out_is_empty(kept):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    again = SessionStore(kept.session_key)
    assert again.get("cart") is None
    assert again.session_key is None


def test_one_that_was_ended_meanwhile_does_not_come_back(kept):
    other = SessionStore(kept.session_key)
    other["cart"] = 9
    kept.delete()
    with pytest.raises(UpdateError):
        other.save()
    assert not Session.objects.exists()


def test_its_end_is_set_anew_with_every_change(kept):
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=60))
    again = SessionStore(kept.session_key)
    again["cart"] = 8
    again.save()
    assert Session.objects.get().expire_date > timezone.now() + timedelta(days=10)
