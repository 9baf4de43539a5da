"""An order's page in admin: a form for each legal move, and none that Enter sends by mistake."""

from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from orders.lifecycle import Actor, Status, buttons
from orders.models import Order, Parcel
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of, move_url
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PATHS = [[], ["paid"], ["paid", "preparing"], ["paid", "preparing", "shipped"]]
# Enter in one of these sends its form (HTML, "implicit submission").
SENT_BY_ENTER = {"text", "search", "tel", "url", "email", "password", "date", "number"}


class Forms(HTMLParser):
    """The forms of a page: address, fields as (name, type), and buttons as (words, formaction)."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.inside, self.button = [], False, False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append({"action": attrs.get("action", ""), "fields": [], "buttons": []})
            self.inside = True
        elif self.inside and tag in ("input", "textarea", "select"):
            assert "form" not in attrs
            kind = attrs.get("type", "text") if tag == "input" else tag
            self.forms[-1]["fields"].append((attrs.get("name"), kind))
        elif self.inside and tag == "button":
            assert "form" not in attrs
            self.forms[-1]["buttons"].append(["", attrs.get("formaction")])
            self.button = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "form"
        self.button = self.button and tag != "button"

    def handle_data(self, data):
        if self.button:
            self.forms[-1]["buttons"][-1][0] += data.strip()

    def of(self, order):
        return [form for form in self.forms if "/move/" in form["action"]]

    def sent_by_enter(self):
        return [(form["action"], name) for form in self.forms for name, kind in form["fields"] if kind in SENT_BY_ENTER]


def walk(order, path):
    for target in path:
        order = transition(order.ref, Status(target), by=Actor.STAFF, actor="staff:1")
    return order


@pytest.mark.parametrize("path", PATHS)
def test_the_page_has_one_form_with_one_button_for_each_legal_transition(staff, path):
    order = walk(make_order(), path)
    found = Forms(staff.get(admin_page(order)).content.decode()).of(order)
    assert [(form["action"], form["buttons"][0]) for form in found] == [
        (move_url(order, edge.target), [str(edge.verb), None]) for edge in buttons(order.status)
    ]
    # What stands behind it moves nothing.
    others = [(form["action"], button) for form in found for button in form["buttons"][1:]]
    assert all(button == ["Preview of the mail", action.replace("/move/", "/preview/")] for action, button in others)


@pytest.mark.parametrize("path", PATHS)
def test_enter_sends_a_move_from_the_tracking_number_and_from_no_other_field(staff, path):
    order = walk(make_order(), path)
    page = Forms(staff.get(admin_page(order)).content.decode())
    moves = {action for action, _ in page.sent_by_enter() if "/move/" in action}
    shipping = [(move_url(order, "shipped"), "tracking")]
    assert [found for found in page.sent_by_enter() if found[0] in moves] == (
        shipping if path[-1:] == ["preparing"] else []
    )


def test_enter_in_a_note_sends_none_of_the_pages_that_ask(staff):
    order = make_order()
    one = staff.post(move_url(order, "cancelled"), {"note": "no stock"}).content.decode()
    many = staff.post(
        reverse("admin:orders_order_changelist"), {"action": "bulk_cancelled", "_selected_action": [order.pk]}
    ).content.decode()
    for html in (one, many):
        fields = [field for form in Forms(html).forms for field in form["fields"]]
        assert ("note", "textarea") in fields
        assert ("message", "textarea") in fields
        assert [name for name, kind in fields if name in ("note", "message") and kind in SENT_BY_ENTER] == []


def test_a_button_moves_the_order_with_the_name_and_note_of_who_pressed_it(staff):
    order = make_order()
    staff.post(move_url(order, "paid"), {"note": "by bank transfer"})
    order.refresh_from_db()
    assert order.status == Status.PAID
    assert order.timeline[-1]["note"] == "by bank transfer"
    assert order.timeline[-1]["actor"].startswith("staff:")
    assert "by bank transfer" in staff.get(admin_page(order)).content.decode()


def test_what_cannot_be_taken_back_is_asked_about_first_and_keeps_what_was_typed(staff):
    order = make_order()
    typed = {"note": "no <stock>", "message": "Sorry!\r\nWe are out of it."}
    asked = staff.post(move_url(order, "cancelled"), typed)
    assert asked.status_code == 200
    said = asked.content.decode()
    assert "This cannot be taken back" in said
    assert "no &lt;stock&gt;</textarea>" in said
    assert "Sorry!\nWe are out of it.</textarea>" in said
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
    staff.post(move_url(order, "cancelled"), typed | {"confirmed": "1"})
    moved = Order.objects.get(pk=order.pk)
    assert moved.status == Status.CANCELLED
    assert (moved.timeline[-1]["note"], moved.timeline[-1]["message"]) == ("no <stock>", "Sorry!\nWe are out of it.")


def test_shipping_takes_the_tracking_number(staff):
    order = walk(make_order(), ["paid", "preparing"])
    staff.post(move_url(order, "shipped"), {"tracking": "PW-1"})
    assert Parcel.objects.get(order=order).tracking == "PW-1"


def test_a_tracking_number_of_another_parcel_is_refused_in_words(staff):
    first, second = (walk(make_order(), ["paid", "preparing"]) for _ in range(2))
    staff.post(move_url(first, "shipped"), {"tracking": "PW-1"})
    response = staff.post(move_url(second, "shipped"), {"tracking": "PW-1"}, follow=True)
    assert "another parcel" in response.content.decode()
    assert Order.objects.get(pk=second.pk).status == Status.PREPARING


def test_an_illegal_move_is_refused_in_words(staff):
    order = make_order()
    response = staff.post(move_url(order, "delivered"), follow=True)
    assert b"it cannot become Delivered" in response.content
    assert Order.objects.get(pk=order.pk).status == Status.PLACED


def test_a_move_to_a_status_that_does_not_exist_is_not_found(staff):
    assert staff.post(move_url(make_order(), "lost")).status_code == 404


def test_a_get_moves_nothing(staff):
    order = make_order()
    staff.get(move_url(order, "paid"))
    assert Order.objects.get(pk=order.pk).status == Status.PLACED


def test_a_note_with_a_nul_is_kept_without_it(staff):
    order = make_order()
    staff.post(move_url(order, "paid"), {"note": "a\0b"})
    assert Order.objects.get(pk=order.pk).timeline[-1]["note"] == "ab"


def looker():
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_order"))
    return user


def test_who_may_only_look_at_orders_sees_the_page_without_buttons_and_cannot_move(client):
    order = make_order()
    client.force_login(looker())
    page = client.get(admin_page(order))
    assert page.status_code == 200
    assert order.ref in page.content.decode()
    assert Forms(page.content.decode()).of(order) == []
    assert "Mark paid" not in page.content.decode()
    for confirmed in ({}, {"confirmed": "1"}):
        assert client.post(move_url(order, "paid"), confirmed).status_code == 403
        assert client.post(move_url(order, "cancelled"), confirmed).status_code == 403
    assert Order.objects.get(pk=order.pk).status == Status.PLACED


def test_who_has_no_right_to_orders_neither_sees_nor_moves_one(client):
    order = make_order()
    client.force_login(member_of("Catalogue"))
    assert client.get(admin_page(order)).status_code == 403
    assert client.post(move_url(order, "paid")).status_code == 403
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
