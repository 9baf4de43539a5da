"""The page of a role: switches in words, limits of money, the single permissions; and who may change it."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from orders.models import RoleLimit
from shop.accounts.models import User
from shop.staff.roles import ROLES, create_roles
from shop.staff.switches import SWITCHES, names_of, read, turned
from tests.support.factories import UserFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
BY_KEY = {switch.key: switch for switch in SWITCHES}
RIGHT = "orders.refund_order"


@pytest.fixture
def owner(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def page_of(role):
    return reverse("admin:auth_group_change", args=[role.pk])


def rights(role):
    return names_of(role.permissions.select_related("content_type"))


def sent(role, *, turn=(), permissions=None, limits=()):
    """The form of a role as a browser sends it, with some switches turned."""
    chosen = rights(role) if permissions is None else permissions
    on = {switch.key for switch in read(rights(role)).on} ^ set(turn)
    rows = [
        {f"limits-{n}-{name}": value for name, value in {"role": role.pk, "id": "", **row}.items()}
        for n, row in enumerate(limits)
    ]
    return {
        "name": role.name,
        "permissions": [p.pk for p in Permission.objects.all() if names_of([p]) <= chosen],
        **{f"may_{key}": "on" for key in on},
        "limits-TOTAL_FORMS": len(rows),
        "limits-INITIAL_FORMS": 0,
        **{name: value for row in rows for name, value in row.items()},
    }


def save(client, role, **what):
    answer = client.post(page_of(role), sent(role, **what))
    assert answer.status_code == 302, answer.context["errors"]


@pytest.fixture
def support():
    return Group.objects.get(name="Support")


def test_every_right_of_the_shops_roles_has_a_switch():
    for name in ROLES:
        assert not read(rights(Group.objects.get(name=name))).mix, name


def test_every_permission_of_a_switch_exists():
    everything = names_of(Permission.objects.select_related("content_type"))
    assert all(switch.permissions <= everything for switch in SWITCHES)


def test_the_page_shows_which_switches_are_on(owner, support):
    form = owner.get(page_of(support)).context["adminform"].form
    on = {switch.key for switch in SWITCHES if form.fields[switch.field].initial}
    assert {"see_orders", "refund", "cancel", "contact"} <= on
    assert not {"pack", "mark_paid", "prices", "stock"} & on


def test_a_form_that_nobody_touched_changes_nothing(owner, support):
    before = rights(support)
    save(owner, support)
    assert rights(support) == before


def test_a_switch_gives_all_its_permissions_and_takes_them(owner, support):
    save(owner, support, turn=["stock"])
    assert BY_KEY["stock"].permissions <= rights(support)
    save(owner, support, turn=["stock"])
    assert not BY_KEY["stock"].permissions & rights(support)


def test_a_switch_that_is_turned_off_leaves_what_another_needs(owner):
    role = Group.objects.get(name="Catalogue")
    save(owner, role, turn=["see_products"])
    assert BY_KEY["prices"].permissions <= rights(role)


def test_two_switches_that_are_turned_off_together_leave_nothing(owner):
    role = Group.objects.get(name="Catalogue")
    save(owner, role, turn=["see_products", "prices"])
    assert not (BY_KEY["prices"].permissions | BY_KEY["see_products"].permissions) & rights(role)


def test_something_odd_is_said_to_be_an_own_mix_and_stays(owner, support):
    support.permissions.add(Permission.objects.get(codename="delete_taxrate"))
    assert "markets.delete_taxrate" in owner.get(page_of(support)).content.decode()
    assert "own mix" in owner.get(reverse("admin:auth_group_changelist")).content.decode()
    save(owner, support, turn=["refund"])
    assert "markets.delete_taxrate" in rights(support)
    assert RIGHT not in rights(support)


def test_single_permissions_can_still_be_chosen(owner, support):
    save(owner, support, permissions=rights(support) - {RIGHT})
    assert RIGHT not in rights(support)


def test_limits_are_saved_with_the_role(owner, support):
    save(owner, support, limits=[{"currency": "EUR", "at_once": "50", "in_all": "80.50", "mark_paid": ""}])
    row = RoleLimit.objects.get()
    assert (row.role, row.currency, row.at_once, float(row.in_all), row.mark_paid) == (support, "EUR", 50, 80.5, None)
    assert "Refund (≤ €50.00)" in owner.get(reverse("admin:auth_group_changelist")).content.decode()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"currency": "EUR", "at_once": "1.005"}, "EUR has 2 decimals."),
        ({"currency": "EUR", "at_once": "-1"}, "greater than or equal to 0"),
        ({"currency": "XXX", "at_once": "1"}, "not one of the available choices"),
        ({"currency": "EUR", "at_once": "fifty"}, "Enter a number."),
    ],
)
def test_a_wrong_limit_is_said_and_nothing_is_saved(owner, support, row, said):
    answer = owner.post(page_of(support), sent(support, turn=["refund"], limits=[row]))
    assert said in answer.content.decode()
    assert not RoleLimit.objects.exists()
    assert RIGHT in rights(support)


def test_the_page_is_in_chinese(owner, support):
    page = owner.get(page_of(support), headers={"accept-language": "zh-hans"}).content.decode()
    assert all(word in page for word in ("拣货与发货", "标记为已付款", "所有单项权限"))


# -- Nobody raises their own role -----------------------------------------------------------------


@pytest.fixture
def clerk(client, support):
    """Somebody with every permission about roles and accounts, who is no superuser."""
    person = UserFactory(is_staff=True)
    person.groups.add(support)
    codes = [f"{verb}_{name}" for verb in ("view", "add", "change", "delete") for name in ("group", "user")]
    person.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(person)
    return person


def test_who_is_no_superuser_changes_no_role(client, clerk, support):
    assert client.get(page_of(support)).status_code == 200
    assert client.post(page_of(support), sent(support, turn=["mark_paid"])).status_code == 403
    assert client.post(reverse("admin:auth_group_add"), {"name": "Own"}).status_code == 403
    assert client.post(reverse("admin:auth_group_delete", args=[support.pk]), {"post": "yes"}).status_code == 403
    assert "orders.mark_paid" not in rights(support)


POWERS = {"is_staff": "on", "is_superuser": "on", "is_active": "on"}


def powers():
    return POWERS | {"groups": list(Group.objects.values_list("pk", flat=True))}


def test_who_is_no_superuser_raises_neither_themselves_nor_a_shopper(client, clerk):
    for person in (clerk, UserFactory()):
        page = reverse("admin:accounts_user_change", args=[person.pk])
        client.post(page, powers() | {"email": person.email})
        kept = User.objects.get(pk=person.pk)
        assert (kept.is_superuser, kept.is_staff) == (False, person.is_staff)
        assert {group.name for group in kept.groups.all()} <= {"Support"}


def test_who_is_no_superuser_takes_over_no_colleague(client, clerk):
    colleague = UserFactory(is_staff=True)
    colleague.groups.add(Group.objects.get(name="Manager"))
    page = reverse("admin:accounts_user_change", args=[colleague.pk])
    assert client.post(page, powers() | {"email": "mine@example.com"}).status_code == 403
    word = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    address = reverse("admin:auth_user_password_change", args=[colleague.pk])
    assert client.post(address, word).status_code == 403
    assert User.objects.get(pk=colleague.pk).email == colleague.email


# -- An update of the shop leaves roles as the owner made them ------------------------------------


def test_what_the_owner_took_away_stays_away_after_an_update(support):
    support.permissions.remove(Permission.objects.get(codename="refund_order"))
    support.permissions.add(Permission.objects.get(codename="delete_taxrate"))
    create_roles()
    assert RIGHT not in rights(support)
    assert "markets.delete_taxrate" in rights(support)


def test_a_right_that_is_new_in_an_update_is_given_and_one_that_is_gone_is_taken(support, monkeypatch):
    monkeypatch.setitem(ROLES, "Support", {"orders.order": ("view", "mark_paid")})
    create_roles()
    assert "orders.mark_paid" in rights(support)
    assert RIGHT not in rights(support)


def test_switches_that_are_turned_add_up():
    both = turned(frozenset(), [BY_KEY["stock"], BY_KEY["cancel"]], [])
    assert both == BY_KEY["stock"].permissions | {"orders.cancel_order"}
    assert turned(both | {"x.odd"}, [], [BY_KEY["stock"]]) == {"orders.cancel_order", "x.odd"}
