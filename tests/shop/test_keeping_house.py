"""What the shop deletes by itself, and what it keeps."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from events.operations import periodic
from orders.models import PushSubscription
from shop.accounts.models import OutgoingMail
from shop.cart.models import Cart
from tests.support.factories import CartFactory, UserFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db


def ago(days):
    return timezone.now() - timedelta(days=days)


def sweep(name):
    return next(task for task in periodic.all_tasks() if task.name == name).run()


def test_sessions_that_expired_are_deleted_and_the_others_kept():
    Session.objects.create(session_key="old", session_data="x", expire_date=ago(0.01))
    Session.objects.create(session_key="new", session_data="x", expire_date=timezone.now() + timedelta(hours=1))
    assert sweep("sessions") == 1
    assert Session.objects.get().session_key == "new"


def test_guests_carts_are_deleted_when_nobody_comes_back():
    forgotten, used, members = CartFactory(), CartFactory(), CartFactory(user=UserFactory())
    Cart.objects.filter(pk__in=[forgotten.pk, members.pk]).update(updated=ago(31))
    assert sweep("guests' carts") == 1
    assert set(Cart.objects.values_list("pk", flat=True)) == {used.pk, members.pk}


def test_a_cart_that_is_still_filled_is_not_forgotten(client):
    variant = VariantFactory(stocked=5)
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    Cart.objects.update(updated=ago(31))
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    assert sweep("guests' carts") == 0


def test_browsers_are_forgotten_half_a_year_later():
    order = make_order()
    for n, days in enumerate((181, 179)):
        PushSubscription.objects.create(order=order, endpoint=f"https://push.example/{n}", created_at=ago(days))
    assert sweep("push subscriptions") == 1
    assert PushSubscription.objects.get().endpoint.endswith("/1")


def test_a_mail_that_could_not_be_sent_goes_when_its_link_has_expired():
    for days in (15, 13):
        mail = OutgoingMail(recipient="a@example.com", subject=str(days), text="…")
        mail.save()
        OutgoingMail.objects.filter(pk=mail.pk).update(created_at=ago(days))
    assert sweep("unsent account mails") == 1
    assert OutgoingMail.objects.get().subject == "13"


def test_more_rows_than_one_batch_are_deleted(monkeypatch):
    monkeypatch.setattr(periodic, "BATCH", 2)
    for n in range(5):
        Session.objects.create(session_key=f"old{n}", session_data="x", expire_date=ago(1))
    assert sweep("sessions") == 5
