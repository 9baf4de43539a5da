"""The trail of what staff do: who, what, old → new; and nobody takes anything out of it."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from shop.accounts.models import User
from shop.staff import trail
from shop.staff.models import TrailEntry
from tests.support.factories import DeliveryMethodFactory, UserFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db
Action = TrailEntry.Action


@pytest.fixture
def owner(client):
    person = UserFactory(email="olga@example.com", is_staff=True, is_superuser=True)
    client.force_login(person)
    return person


def test_a_change_in_the_admin_is_kept_with_old_and_new_value(client, owner):
    method = DeliveryMethodFactory(title="Standard parcel", carrier="Wren")
    page = reverse("admin:orders_deliverymethod_change", args=[method.pk])
    form = client.get(page).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields if name != "price"}
    sent |= {"price_0": "5.90", "price_1": "EUR", "carrier": "Robin", "active": "on", "position": 0}
    answer = client.post(page, sent)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    entry = TrailEntry.objects.get(kind="orders.deliverymethod")
    assert (entry.person, entry.person_id, entry.action) == ("olga@example.com", owner.pk, Action.CHANGED)
    assert entry.changes["carrier"] == ["Wren", "Robin"]
    assert "5.90" in entry.changes["price"][1]
    assert "title" not in entry.changes


def test_a_move_of_an_order_is_kept(client, owner):
    order = make_order()
    client.post(reverse("admin:orders_order_move", args=[order.pk, "paid"]))
    entry = TrailEntry.objects.filter(kind="orders.order").first()
    assert entry.changes["status"] == ["placed", "paid"]
    assert entry.object == order.ref


def test_what_is_deleted_is_kept_in_the_trail(client, owner):
    method = DeliveryMethodFactory(code="gone", title="Gone")
    client.post(reverse("admin:orders_deliverymethod_delete", args=[method.pk]), {"post": "yes"})
    entry = TrailEntry.objects.get(action=Action.DELETED)
    assert entry.object == "Gone"
    assert entry.changes["code"] == ["gone", None]


def test_a_role_that_is_given_is_kept(owner):
    person = UserFactory(email="new@example.com")
    with trail.acting(owner):
        person.groups.add(Group.objects.get(name="Manager"))
        person.groups.clear()
    taken, given = TrailEntry.objects.filter(kind="accounts.user", action=Action.CHANGED)
    assert given.changes == {"groups": [None, "Manager"]}
    assert taken.changes == {"groups": ["all", None]}


def test_a_password_is_never_in_the_trail(owner):
    person = UserFactory()
    with trail.acting(owner):
        person.set_password("correct horse battery")
        person.save()
    entry = TrailEntry.objects.get(kind="accounts.user")
    assert entry.changes == {"password": ["…", "…"]}


def test_a_change_that_is_rolled_back_leaves_no_entry(owner):
    from django.db import transaction

    variant = VariantFactory()
    with pytest.raises(RuntimeError), transaction.atomic(), trail.acting(owner):
        variant.position = 7
        variant.save()
        raise RuntimeError
    assert not TrailEntry.objects.exists()


def test_what_shoppers_and_workers_change_is_not_staffs_doing(client):
    variant = VariantFactory()
    variant.position = 7
    variant.save()
    assert not TrailEntry.objects.exists()


def test_nobody_changes_or_deletes_an_entry(client, owner):
    with trail.acting(owner):
        VariantFactory()
    entry = TrailEntry.objects.first()
    for forbidden in (
        entry.delete,
        entry.save,
        TrailEntry.objects.all().delete,
        lambda: TrailEntry.objects.update(person="nobody"),
    ):
        with pytest.raises(TypeError):
            forbidden()
    page = reverse("admin:staff_trailentry_change", args=[entry.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"person": "nobody"}).status_code == 403
    assert client.post(reverse("admin:staff_trailentry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403


def test_an_entry_outlives_the_person_and_the_object(owner):
    with trail.acting(owner):
        VariantFactory()
    before = TrailEntry.objects.count()
    User.objects.filter(pk=owner.pk).delete()
    assert TrailEntry.objects.count() == before
    assert TrailEntry.objects.first().person == "olga@example.com"


def test_the_trail_is_for_managers(client):
    client.force_login(UserFactory(is_staff=True))
    assert client.get(reverse("admin:staff_trailentry_changelist")).status_code == 403
