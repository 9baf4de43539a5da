"""The page on which staff change the lines of an order: what it asks, shows, applies and refuses."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from orders.lifecycle import Actor, Status
from orders.models import Order, RoleLimit
from orders.transitions import transition
from shop.staff.models import TrailEntry
from shop.staff.roles import ROLES
from tests.orders.conftest import admin_page, member_of
from tests.orders.test_line_edits import bought, eur, ordered, paid_by_card
from tests.support.factories import PromotionFactory, TaxRateFactory, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


class Clerk:
    """Somebody with the page open: sends the form with everything that is in it, as a browser does."""

    def __init__(self, client, order):
        self.client, self.address = client, reverse("admin:orders_order_lines", args=[order.pk])
        self.answer = client.get(self.address)

    @property
    def page(self):
        return self.answer.content.decode()

    def press(self, button, value="1", **typed):
        fields = re.findall(r'<textarea name="([\w-]+)"[^>]*>([^<]*)<', self.page)
        fields += re.findall(r'<input type="hidden" name="(seen)" value="(\w*)"', self.page)
        self.answer = self.client.post(self.address, dict(fields) | typed | {button: value})
        return self.answer


@pytest.fixture
def order(mug):
    return bought((mug, 2))


@pytest.fixture
def clerk(staff, order):
    return Clerk(staff, order)


def field(order):
    return f"line-{order.lines.get().pk}"


def test_a_quantity_is_checked_then_applied_and_stands_in_the_trail(clerk, order):
    clerk.press("check", **{field(order): "3"})
    assert "€24.90 → €34.90" in clerk.page
    assert "€10.00 more is to be paid. The customer gets a link to pay" in clerk.page
    assert ordered(order) == {"MUG": 2}
    assert clerk.press("apply")["Location"] == admin_page(order)
    assert ordered(order) == {"MUG": 3}
    trail = TrailEntry.objects.get(kind="orders.orderline")
    assert trail.changes["quantity"] == ["2", "3"]
    assert "The lines were changed" in clerk.client.get(admin_page(order)).content.decode()


def test_goods_are_found_by_sku_or_name_and_put_in_and_taken_out_again(clerk, order, mug):
    cup = VariantFactory(sku="CUP", price=eur("3.00"), stocked=5)
    clerk.press("find", q=cup.product.title)
    assert f'name="add" value="{cup.pk}"' in clerk.page
    clerk.press("add", cup.pk)
    clerk.press("find", q="cup")
    assert "€24.90 → €30.90" in clerk.page
    clerk.press("find", q="MUG")
    assert "€24.90 → €40.90" in clerk.page
    clerk.press("check", **{f"new-{cup.pk}": "0"})
    assert "€24.90 → €34.90" in clerk.page
    clerk.press("apply")
    assert ordered(order) == {"MUG": 3}


def test_a_double_click_changes_once_and_says_so(clerk, order):
    cup = VariantFactory(sku="CUP", price=eur("3.00"), stocked=5)
    clerk.press("find", q="CUP")
    before = clerk.answer
    clerk.press("apply")
    clerk.answer = before
    assert clerk.press("apply").status_code == 302
    assert ordered(order) == {"MUG": 2, cup.sku: 1}


def test_a_colleague_was_faster_and_the_new_check_is_shown(clerk, order):
    clerk.press("check", **{field(order): "3"})
    other = Clerk(clerk.client, order)
    VariantFactory(sku="CUP", price=eur("3.00"), stocked=5)
    other.press("find", q="CUP")
    other.press("apply")
    assert clerk.press("apply").status_code == 409
    assert "Something has changed since you looked" in clerk.page
    assert "€27.90 → €37.90" in clerk.page
    assert clerk.press("apply").status_code == 302
    assert ordered(order) == {"MUG": 3, "CUP": 1}


@pytest.mark.parametrize("wrong", ["-1", "x", "1.5", "²", "9" * 30, "", "100"])
def test_what_is_no_quantity_is_said_and_stays_as_it_was_typed(clerk, order, wrong):
    assert clerk.press("apply", **{field(order): wrong}).status_code == 422
    assert f">{wrong}</textarea>" in clerk.page
    assert 'name="apply"' not in clerk.page
    assert ordered(order) == {"MUG": 2}


def test_numbers_of_nothing_change_nothing(clerk, order):
    clerk.press("apply", **{"new-999999": "3", "new-x": "1", f"new-{'9' * 40}": "1", "line-999999": "5", "seen": "x"})
    assert ordered(order) == {"MUG": 2}
    assert clerk.press("add", "999999").status_code == 200


def test_enter_in_any_field_applies_nothing(clerk):
    buttons = re.findall(r"<button[^>]*name=\"([\w-]+)\"", clerk.page.split('class="db-desk"')[1])
    assert buttons[0] == "find"


def test_an_order_that_is_packed_meanwhile_says_so(clerk, order):
    clerk.press("check", **{field(order): "3"})
    paid_by_card(order)
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1")
    answer = clerk.press("apply")
    assert answer["Location"] == admin_page(order)
    page = clerk.client.get(admin_page(order)).content.decode()
    assert "It is too late to change what is ordered" in page
    assert clerk.address not in page


def test_a_role_gives_back_no_more_than_it_may(client, order):
    paid_by_card(order)
    somebody = member_of("Support")
    RoleLimit.objects.create(role=somebody.groups.get(), currency="EUR", at_once=5, in_all=50)
    client.force_login(somebody)
    clerk = Clerk(client, order)
    clerk.press("check", **{field(order): "1"})
    assert "Your role may refund up to €5.00 for an order at once." in clerk.page
    assert 'name="apply"' not in clerk.page
    assert clerk.press("apply").status_code == 409
    assert order.lines.get().cancelled == 0


@pytest.mark.parametrize("role", ROLES)
def test_who_changes_lines(client, order, role):
    client.force_login(member_of(role))
    clerk = Clerk(client, order)
    allowed = role in {"Support", "Manager"}
    assert clerk.answer.status_code == (200 if allowed else 403)
    assert clerk.client.post(clerk.address).status_code == (200 if allowed else 403)


def test_who_may_take_orders_and_see_none_is_refused(client, order):
    person = UserFactory(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="take_order"))
    client.force_login(person)
    assert Clerk(client, order).answer.status_code == 403


def test_the_page_asks_the_database_no_more_for_more_lines(staff, mug, django_assert_max_num_queries):
    order = bought((mug, 1), *((VariantFactory(stocked=5), 1) for _ in range(8)))
    clerk = Clerk(staff, order)
    with django_assert_max_num_queries(50):
        clerk.press("check", **{f"line-{order.lines.first().pk}": "2"})
    assert Order.objects.get().total > eur(0)


def test_other_discounts_and_taxes_stand_in_the_trail_old_and_new_in_one_row(staff, mug):
    TaxRateFactory(country="DE", percent=19)
    PromotionFactory(code="SPRING", percent=50, title="Spring")
    clerk = Clerk(staff, bought((mug, 2), codes=["SPRING"]))
    order = Order.objects.order_by("pk").last()
    clerk.press("check", **{field(order): "3"})
    clerk.press("apply")
    rows = TrailEntry.objects.filter(object=order.ref)
    (row,) = [each for each in rows if "adjustments" in each.changes]
    assert row.action == TrailEntry.Action.CHANGED
    assert row.changes["adjustments"] == ["Spring: −€10.00", "Spring: −€15.00"]
    assert [each.split(": ")[0] for each in row.changes["tax_lines"]] == ["19 %", "19 %"]
    assert not TrailEntry.objects.filter(kind__in=["orders.adjustment", "orders.ordertax"]).exists()
    staff.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = staff.get(reverse("admin:staff_trailentry_changelist")).content.decode()
    assert "discounts" in page
    assert "tax_lines" not in page
