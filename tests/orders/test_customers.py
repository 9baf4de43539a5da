"""The page of a customer in admin: what is known of a member or a guest, for those who may see it."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone
from djmoney.money import Money

from orders import customers
from orders.customers import SHOWN, Customer
from orders.models import CustomerNote, Order, Payment, Refund, Return
from shop.staff.roles import ROLES
from tests.orders.conftest import admin_page, member_of
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
EUR, USD = (lambda n: Money(n, "EUR")), (lambda n: Money(n, "USD"))


def paid(order, captured, refunded=None):
    Order.objects.filter(pk=order.pk).update(captured=captured, refunded=refunded or captured * 0)
    return order


def guest_page(order):
    return f"/admin/customers/guest/{order.pk}/"


def test_a_guest_is_known_by_the_mail_address_whatever_its_case():
    first = make_order(email="Ann@Example.com")
    second = make_order(email="ann@example.com", language="zh-hans", city="Potsdam")
    make_order(email="other-ann@example.com")
    known = customers.known(customers.of_order(first))
    assert [order.pk for order in known.orders] == [second.pk, first.pk]
    assert set(known.languages) == {"en", "zh-hans"}
    assert len(known.addresses) == 2
    assert known.customer.member is None


def test_a_member_is_known_with_the_orders_of_the_account_and_those_of_the_address():
    member = UserFactory(email="Ann@example.com")
    own = make_order(user=member, email="work@example.com")
    before = make_order(email="ann@example.com")
    make_order(user=UserFactory(), email="bob@example.com")
    known = customers.known(customers.of_order(own))
    assert {order.pk for order in known.orders} == {own.pk, before.pk}


def test_money_is_summed_in_each_currency_and_never_converted():
    order = paid(make_order(), EUR(20), EUR(5))
    paid(make_order(), EUR(10))
    paid(make_order(total=USD(30), captured=USD(0), refunded=USD(0)), USD(30))
    spent = customers.known(customers.of_order(order)).spent
    assert [(each.orders, each.paid, each.returned, each.kept) for each in spent] == [
        (2, EUR(30), EUR(5), EUR(25)),
        (1, USD(30), USD(0), USD(30)),
    ]


def test_returns_and_refunds_of_all_orders_are_there(staff):
    order = make_order()
    Return.objects.create(order=order, place=1, reason="fit")
    payment = Payment.objects.create(order=make_order(), gateway="test", amount=EUR(20), state="captured")
    Refund.objects.create(payment=payment, amount=EUR("7.50"))
    page = staff.get(guest_page(order)).content.decode()
    assert f"{order.ref}-R1" in page or Return.objects.get().number in page
    assert "€7.50" in page


def test_a_customer_with_many_orders_costs_as_many_queries_as_one_with_few(django_assert_num_queries):
    for n in range(SHOWN + 3):
        make_order(placed_at=timezone.now() - timedelta(days=n))
    with django_assert_num_queries(5):
        known = customers.known(Customer("ann@example.com"))
    assert (len(known.orders), known.count) == (SHOWN, SHOWN + 3)


def test_the_orders_of_an_address_are_found_by_an_index():
    with connection.cursor() as cursor:
        sql, params = Customer("ann@example.com").orders.order_by().query.sql_with_params()
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql, params)
        plan = str(cursor.fetchall())
    assert "order_by_email" in plan


def test_the_order_leads_to_the_customer_and_the_address_of_the_page_has_no_mail_address(staff):
    guest, member = make_order(), UserFactory()
    own = make_order(user=member)
    assert f'href="{guest_page(guest)}"' in staff.get(admin_page(guest)).content.decode()
    assert f'href="/admin/customers/{member.pk}/"' in staff.get(admin_page(own)).content.decode()
    assert staff.get(guest_page(guest)).status_code == 200
    assert staff.get(f"/admin/customers/{member.pk}/").status_code == 200


def test_a_name_that_is_a_script_is_text(staff):
    order = make_order(name="<script>alert(1)</script>")
    page = staff.get(guest_page(order)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("role", ROLES)
def test_who_sees_customers(client, role):
    order, member = make_order(), UserFactory()
    client.force_login(member_of(role))
    allowed = role in {"Support", "Manager"}
    for address in (guest_page(order), f"/admin/customers/{member.pk}/"):
        assert client.get(address).status_code == (200 if allowed else 403)
        assert client.post(address, {"note": "x", "key": uuid.uuid4()}).status_code == (302 if allowed else 403)
    if role != "Catalogue":
        assert ("/admin/customers/" in client.get(admin_page(order)).content.decode()) is allowed
    found = client.get("/admin/search/", {"s": order.email}).content.decode()
    assert ("/admin/customers/" in found) is allowed


def test_who_may_see_customers_and_no_orders_sees_nothing(client):
    order, person = make_order(), UserFactory(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="see_customers"))
    client.force_login(person)
    assert client.get(guest_page(order)).status_code == 403
    assert "/admin/customers/" not in client.get("/admin/search/", {"s": order.email}).content.decode()


def test_a_shopper_is_led_to_sign_in(client):
    client.force_login(UserFactory())
    assert client.get(guest_page(make_order())).status_code == 302


def test_who_is_not_there_is_not_found(staff):
    assert staff.get("/admin/customers/999999/").status_code == 404
    assert staff.get("/admin/customers/guest/999999/").status_code == 404


# -- Notes


def test_a_note_is_kept_once_for_each_form_and_read_by_staff_alone(staff, client):
    order = make_order()
    form = {"note": "Rings twice.\r\nLikes blue.", "key": uuid.uuid4()}
    for _ in range(2):
        assert staff.post(guest_page(order), form).status_code == 302
    assert CustomerNote.objects.get().body == "Rings twice.\nLikes blue."
    assert "Rings twice." in staff.get(guest_page(make_order(email="ANN@example.com"))).content.decode()
    assert "Rings twice." not in staff.get(guest_page(make_order(email="bob@example.com"))).content.decode()


@pytest.mark.parametrize("form", [{}, {"note": "x", "key": "x"}, {"note": " ", "key": str(uuid.uuid4())}])
def test_a_form_that_is_none_keeps_nothing_and_says_so(staff, form):
    page = staff.post(guest_page(make_order()), form, follow=True).content.decode()
    assert not CustomerNote.objects.exists()
    assert "Please" in page


def test_a_note_is_deleted_from_its_customer_alone(staff):
    order, other = make_order(), make_order(email="bob@example.com")
    note = CustomerNote.objects.create(email=order.email, body="x")
    for wrong in (str(note.pk + 1), "²", "x", "9" * 40):
        staff.post(guest_page(order), {"delete": wrong})
    staff.post(guest_page(other), {"delete": note.pk})
    assert CustomerNote.objects.exists()
    staff.post(guest_page(order), {"delete": note.pk})
    assert not CustomerNote.objects.exists()
