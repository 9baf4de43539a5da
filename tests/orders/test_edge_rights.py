"""Every edge × every role: who may move an order where. The table is the lifecycle's; the admin asks it."""

import itertools

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.urls import reverse

from events.models import Delivery
from orders.lifecycle import EDGES, Actor, Status
from orders.models import Order
from shop.staff.roles import ROLES
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
STAFFS = [edge for edge in EDGES if Actor.STAFF in edge.by and edge.verb]
MAY = {
    Status.PAID: {"Manager"},
    Status.PREPARING: {"Fulfilment", "Manager"},
    Status.SHIPPED: {"Fulfilment", "Manager"},
    Status.OUT_FOR_DELIVERY: {"Fulfilment", "Manager"},
    Status.DELIVERED: {"Fulfilment", "Manager"},
    Status.CANCELLED: {"Support", "Manager"},
    Status.REFUNDED: {"Support", "Manager"},
}
"""Who may move an order to a status. A status that is not here fails the test: it is a decision."""


def at(status):
    """An order in that status. The rows alone: how it came there does not matter here."""
    order = make_order()
    if status != order.status:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE orders_order SET status = %s WHERE id = %s", [status, order.pk])
        order.refresh_from_db()
    return order


def somebody_of(role, client):
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)


@pytest.mark.parametrize(
    ("role", "edge"),
    list(itertools.product(ROLES, STAFFS)),
    ids=lambda x: x if isinstance(x, str) else f"{x.source}-{x.target}",
)
def test_a_role_takes_the_edges_it_has_the_permission_for_and_no_other(client, role, edge):
    order = at(edge.source)
    somebody_of(role, client)
    answer = client.post(reverse("admin:orders_order_move", args=[order.pk, edge.target]), {"confirmed": "1"})
    moved = Order.objects.get(pk=order.pk).status == edge.target
    assert moved is (role in MAY[edge.target])
    assert answer.status_code == (302 if moved else 403)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("status", [Status.PLACED, Status.PAID, Status.PREPARING, Status.DELIVERED])
def test_the_page_of_an_order_offers_what_the_role_may_do(client, role, status):
    order = at(status)
    somebody_of(role, client)
    page = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    if role == "Catalogue":
        assert page.status_code == 403
        return
    said = page.content.decode()
    for edge in STAFFS:
        if edge.source == status:
            address = reverse("admin:orders_order_move", args=[order.pk, edge.target])
            assert (f'action="{address}"' in said) is (role in MAY[edge.target]), edge.target


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("target", sorted({edge.target for edge in STAFFS}))
def test_many_orders_at_once_need_the_same_permission(client, role, target):
    edge = next(edge for edge in STAFFS if edge.target == target)
    order = at(edge.source)
    somebody_of(role, client)
    sent = {"action": f"bulk_{target}", "_selected_action": [order.pk], "confirmed": "1"}
    client.post(reverse("admin:orders_order_changelist"), sent)
    assert (Order.objects.get(pk=order.pk).status == target) is (role in MAY[edge.target])


@pytest.mark.parametrize("role", ROLES)
def test_an_address_is_changed_by_who_may_change_contacts(client, role):
    order = make_order()
    somebody_of(role, client)
    sent = {"city": "Elsewhere", "name": order.name, "email": order.email, "address": order.address, "country": "DE"}
    sent |= {"postal_code": "10115"}
    sent |= {
        f"{name}-{key}": 0 for name in ("lines", "payments", "parcels") for key in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    client.post(reverse("admin:orders_order_change", args=[order.pk]), sent)
    assert (Order.objects.get().city == "Elsewhere") is (role in {"Support", "Manager"})


def test_every_permission_of_an_edge_exists():
    for edge in EDGES:
        app, codename = edge.permission.split(".")
        assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists(), edge


@pytest.mark.parametrize("role", ROLES)
def test_events_are_replayed_by_managers_alone(client, role, process_all):
    order = make_order()
    process_all("mail")
    somebody_of(role, client)
    done = Delivery.objects.get(stream=order.stream, handler="mail")
    page = reverse("admin:events_delivery_changelist")
    client.post(page, {"action": "replay_stream", "_selected_action": [done.pk]})
    said = client.get(page)
    assert (said.status_code == 200) is (role in {"Support", "Manager"})
    if said.status_code == 200:
        assert ("replay_stream" in said.content.decode()) is (role == "Manager")
