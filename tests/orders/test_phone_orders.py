"""Staff place an order for somebody on the phone: the shop's own checkout, and what follows, once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from djmoney.money import Money

from events.models import Event
from orders.handlers import expire_unpaid, expire_unpaid_after_a_link
from orders.lifecycle import Status
from orders.models import Order, Payment
from orders.notifications import kept_mails
from orders.payments import service as payments
from shop.cart.models import Cart, CartLine
from shop.catalog.models import Stock
from shop.staff.roles import ROLES
from tests.orders.conftest import member_of
from tests.support.factories import ADDRESS, PromotionFactory, UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PAGE = "/admin/new-order/"


class Clerk:
    """Somebody with the page open: sends the form with everything that is in it, as a browser does."""

    def __init__(self, client, **typed):
        self.client, self.form = client, dict(typed)
        self.answer = client.get(PAGE)

    @property
    def page(self):
        return self.answer.content.decode()

    def press(self, button, value="1", **typed):
        hidden = re.findall(r'<input type="hidden" name="([\w-]+)"\s+value="([^"]*)"', self.page)
        sent = {name: given for name, given in hidden if name != "csrfmiddlewaretoken"} | self.form | typed
        self.answer = self.client.post(PAGE, sent | {button: value})
        return self.answer


@pytest.fixture
def clerk(staff, method):
    return Clerk(staff, **ADDRESS, delivery_method=method.pk, then="link", language="en")


def test_a_whole_order_is_found_worked_out_placed_and_its_link_mailed(clerk, variant, process_all, mailoutbox):
    clerk.press("find", q=variant.sku)
    clerk.press("update", **{f"quantity-{variant.pk}": "2"})
    assert "€44.90" in clerk.page
    answer = clerk.press("place", **{f"quantity-{variant.pk}": "2"}, language="zh-hans")
    order = Order.objects.get()
    assert answer["Location"] == order.staff_page
    assert (order.total, order.status, order.language, order.user) == (Money("44.90", "EUR"), "placed", "zh-hans", None)
    assert Stock.objects.get(variant=variant).reserved == 2
    assert order.timeline[0]["actor"].startswith("staff:")
    process_all("mail")
    assert [mail.to for mail in mailoutbox] == [[ADDRESS["email"]]] * 2
    link = re.search(r"/track/\S+", mailoutbox[1].body)[0]
    guest = type(clerk.client)()
    assert guest.get(link, follow=True).status_code == 200
    assert guest.post(f"/orders/{order.ref}/pay/").status_code == 302


def test_a_name_finds_what_is_sold_and_a_press_adds_it(clerk, variant):
    clerk.press("find", q=variant.product.title)
    assert f'name="add" value="{variant.pk}"' in clerk.page
    assert not CartLine.objects.exists()
    clerk.press("add", variant.pk)
    clerk.press("add", variant.pk)
    assert CartLine.objects.get().quantity == 2
    assert Cart.objects.count() == 1
    clerk.press("update", **{f"quantity-{variant.pk}": "0"})
    assert not CartLine.objects.exists()


def test_a_gift_note_is_taken_on_the_phone_and_kept_while_the_order_is_worked_out(clerk, variant):
    clerk.press("find", q=variant.sku, is_gift="on", gift_note="Get well\nsoon")
    assert re.search(r'name="is_gift" checked', clerk.page)
    assert "Get well\nsoon</textarea>" in clerk.page
    clerk.press("place", gift_note="Get well\x07")
    assert "cannot be printed" in clerk.page
    clerk.press("place", gift_note="Get well\nsoon")
    assert (Order.objects.get().is_gift, Order.objects.get().gift_note) == (True, "Get well\nsoon")


def test_cash_is_booked_as_a_payment_of_staff(clerk, variant):
    clerk.press("add", variant.pk)
    clerk.press("place", then="paid", reference="receipt 7")
    order, payment = Order.objects.get(), Payment.objects.get()
    assert order.status == Status.PAID
    assert (payment.amount, payment.reference) == (order.total, "receipt 7")
    assert not Event.objects.filter(type="payment.link_sent").exists()


def test_who_may_not_mark_orders_paid_is_not_asked_and_cannot(client, variant, method):
    client.force_login(member_of("Support"))
    clerk = Clerk(client, **ADDRESS, delivery_method=method.pk, language="en")
    clerk.press("add", variant.pk)
    assert 'value="paid"' not in clerk.page
    assert clerk.press("place", then="paid").status_code == 422
    assert not Order.objects.exists()
    assert clerk.press("place", then="later").status_code == 302
    assert Order.objects.get().status == Status.PLACED


def test_a_double_click_places_one_order_and_mails_one_link(clerk, variant):
    clerk.press("add", variant.pk)
    before = clerk.answer
    first = clerk.press("place")
    clerk.answer = before
    assert clerk.press("place")["Location"] == first["Location"]
    assert Order.objects.count() == 1
    assert Event.objects.filter(type="payment.link_sent").count() == 1


def test_the_total_that_was_shown_is_the_one_that_is_bought(clerk, variant):
    clerk.press("add", variant.pk)
    variant.prices.update(amount=Money("30.00", "EUR"))
    answer = clerk.press("place")
    assert answer.status_code == 409
    assert not Order.objects.exists()
    assert "€34.90" in clerk.page
    assert ADDRESS["name"] in clerk.page
    assert clerk.press("place").status_code == 302
    assert Order.objects.get().total == Money("34.90", "EUR")


def test_more_than_there_is_is_said_and_not_sold(clerk, variant):
    clerk.press("add", variant.pk)
    clerk.press("update", **{f"quantity-{variant.pk}": "50"})
    assert "Only 10 of" in clerk.page
    assert CartLine.objects.get().quantity == 10
    for wrong in ("-1", "x", "1.5", "²", "9" * 30):
        clerk.press("update", **{f"quantity-{variant.pk}": wrong})
        assert CartLine.objects.get().quantity == 10


def test_a_code_is_worked_in_and_taken_out(clerk, variant):
    PromotionFactory(code="SPRING", percent=50)
    clerk.press("add", variant.pk)
    clerk.press("update", code="spring")
    assert "€14.90" in clerk.page
    clerk.press("remove-code", "SPRING")
    assert "€24.90" in clerk.page
    clerk.press("update", code="nonsense")
    assert "is not one of our codes" in clerk.page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "no"}, "Enter a valid email address."),
        ({"postal_code": "ABC"}, "This is not a postal code of that country."),
        ({"name": ""}, "This field is required."),
        ({"delivery_method": "999"}, "Select a valid choice"),
        ({"then": "nonsense"}, "Please choose how it is paid."),
        ({"country": "XX"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_stays(clerk, variant, wrong, said):
    clerk.press("add", variant.pk)
    assert clerk.press("place", **wrong).status_code == 422
    assert said in clerk.page
    assert ADDRESS["city"] in clerk.page
    assert CartLine.objects.get().quantity == 1
    assert not Order.objects.exists()


def test_enter_in_any_field_places_nothing(clerk):
    buttons = re.findall(r"<button[^>]*name=\"([\w-]+)\"", clerk.page.split('class="db-desk"')[1])
    assert buttons[0] == "find"


def test_a_cart_of_a_shopper_or_of_another_clerk_is_not_there(clerk, variant, staff):
    shoppers = Cart.objects.create()
    shoppers.lines.create(variant=variant, quantity=1, price_seen=Money(20, "EUR"))
    clerk.press("update", cart=str(shoppers.pk))
    assert "Nothing is in the order yet." in clerk.page
    clerk.press("add", variant.pk)
    other = type(staff)()
    other.force_login(member_of("Manager"))
    taken = Clerk(other, **clerk.form)
    taken.answer = clerk.answer
    taken.press("update")
    assert "Nothing is in the order yet." in taken.page


@pytest.mark.parametrize("role", ROLES)
def test_who_places_orders(client, role):
    client.force_login(member_of(role))
    allowed = role in {"Support", "Manager"}
    assert client.get(PAGE).status_code == (200 if allowed else 403)
    assert client.post(PAGE).status_code == (200 if allowed else 403)
    assert (PAGE in client.get("/admin/").content.decode()) is allowed


def test_who_may_place_orders_and_see_none_is_refused(client):
    person = UserFactory(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="take_order"))
    client.force_login(person)
    assert client.get(PAGE).status_code == 403


def test_the_customers_page_leads_to_an_order_with_the_contact_filled_in(staff):
    earlier = make_order(name="Ann Example", city="Potsdam")
    assert f"{PAGE}?like={earlier.pk}" in staff.get(f"/admin/customers/guest/{earlier.pk}/").content.decode()
    assert 'value="Potsdam"' in staff.get(f"{PAGE}?like={earlier.pk}").content.decode()
    for nonsense in ("x", "²", "9" * 40, "-1"):
        assert staff.get(PAGE, {"like": nonsense}).status_code == 200


# -- How long its goods are kept


def received(order, kind):
    event = Event.objects.filter(stream=order.stream, type=kind).order_by("seq").last()
    return kept_mails.open_for("x", event.header, event.sealed)


def test_goods_are_kept_longer_for_who_was_mailed_a_link_and_not_for_ever():
    order = make_order()
    payments.send_link(order.ref, "staff:1")
    order.refresh_from_db()
    assert order.pay_until - timezone.now() > timedelta(hours=47)
    expire_unpaid(received(order, "order.placed"))
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
    expire_unpaid_after_a_link(received(order, "payment.link_sent"))
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_a_second_link_counts_anew(monkeypatch):
    order = make_order()
    payments.send_link(order.ref, "staff:1")
    first = received(order, "payment.link_sent")
    later = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    payments.send_link(order.ref, "staff:1")
    expire_unpaid_after_a_link(first)
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
    expire_unpaid_after_a_link(received(order, "payment.link_sent"))
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED
