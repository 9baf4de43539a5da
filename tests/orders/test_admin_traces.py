"""Whoever moves an order in admin is named, and who may only look moves none."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from orders.lifecycle import Status
from orders.models import Order
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def staff(*permissions):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_the_timeline_names_who_moved_the_order(client):
    orders = [make_order(), make_order()]
    packers = [staff("view_order", "mark_paid") for _ in orders]
    for order, packer in zip(orders, packers, strict=True):
        client.force_login(packer)
        client.post(reverse("admin:orders_order_move", args=[order.pk, "paid"]))
    for order, packer in zip(orders, packers, strict=True):
        assert Order.objects.get(pk=order.pk).timeline[-1]["actor"] == f"staff:{packer.pk}"


def test_who_may_only_look_sees_the_page_without_a_button_and_moves_nothing(client):
    order = make_order()
    client.force_login(staff("view_order"))
    page = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    assert page.status_code == 200
    assert order.ref in page.content.decode()
    assert "formaction" not in page.content.decode()
    assert client.post(reverse("admin:orders_order_move", args=[order.pk, "paid"])).status_code == 403
    assert Order.objects.get().status == Status.PLACED
