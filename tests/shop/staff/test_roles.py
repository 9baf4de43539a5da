"""The roles: who may change what. A right more or less is a decision, and is written here, too."""

import pytest
from django.contrib.auth.models import Group

pytestmark = pytest.mark.django_db


def rights(role):
    found = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def test_prices_and_products_are_the_catalogues_alone():
    for role in ("Fulfilment", "Support"):
        assert not {right for right in rights(role) if right.startswith("catalog.") and "product" in right}
        assert not {right for right in rights(role) if right.startswith("catalog.") and "variant" in right}
    assert {"catalog.change_product", "catalog.change_variant"} <= rights("Catalogue")


def test_nobody_of_a_role_makes_users_or_deletes_orders_events_or_payments():
    for role in Group.objects.values_list("name", flat=True):
        for right in rights(role):
            assert not right.startswith(("accounts.add", "accounts.change", "accounts.delete", "auth.")), (role, right)
            assert "delete_order" not in right
            assert "_event" not in right or right.startswith(("events.view", "orders.view")), (role, right)


def test_the_catalogue_sees_no_orders():
    assert not {right for right in rights("Catalogue") if right.startswith(("orders.", "events.", "accounts."))}
