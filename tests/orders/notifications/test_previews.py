"""The mail of a move, read by staff before they make it: it is the one that would go, and nothing else happens."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from events.models import Delivery, Event
from orders.lifecycle import Actor, Status
from orders.models import Order, OrderMail, Parcel, Payment, ReplyTemplate
from orders.staff_input import LONGEST
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of, move_url
from tests.orders.shipping.conftest import prepared
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _memory_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def preview_url(order, target):
    return move_url(order, target).replace("/move/", "/preview/")


def preview(client, order, target, **typed):
    return client.post(preview_url(order, target), {"from": order.status, **typed})


def framed(answer):
    """The mail in the frame of the page."""
    found = re.search(r'<iframe sandbox title="[^"]*" srcdoc="([^"]*)"', answer.content.decode())
    assert found
    return unescape(found[1])


def everything():
    """How many rows there are that a move could leave behind, and where each order is."""
    models = (Event, Delivery, Parcel, Payment, OrderMail)
    return [model.objects.count() for model in models], list(Order.objects.values("status", "version", "timeline"))


def without_links(html):
    return re.sub(r"/track/[^/]+/", "/track/…/", html)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("way", "target", "typed"),
    [
        ((), "paid", {"reference": "slip 7"}),
        ((Status.PAID, Status.PREPARING), "shipped", {"tracking": "PW-77"}),
        ((Status.PAID,), "refunded", {"confirmed": "1"}),
    ],
)
def test_it_is_the_mail_that_goes(staff, process_all, mailoutbox, way, target, typed, language):
    order = make_order(language=language)
    for status in way:
        order = transition(order.ref, status, by=Actor.STAFF, actor="staff:1")
    process_all()
    mailoutbox.clear()
    answer = preview(staff, order, target, message="A <b>small</b> gift", **typed)
    shown, before = framed(answer), everything()
    staff.post(move_url(order, target), {"message": "A <b>small</b> gift", **typed})
    process_all("mail")
    sent = mailoutbox[0]
    assert shown == without_links(sent.alternatives[0][0])
    assert "A &lt;b&gt;small&lt;/b&gt; gift" in shown
    assert sent.subject in unescape(answer.content.decode())
    assert everything() != before


@pytest.mark.parametrize("target", ["paid", "cancelled"])
def test_nothing_moves_and_nothing_is_sent(staff, process_all, mailoutbox, target):
    order = make_order()
    process_all()
    mailoutbox.clear()
    before = everything()
    answer = preview(staff, order, target, message="Hello", note="only for us", confirmed="1")
    assert answer.status_code == 200
    process_all()
    assert everything() == before
    assert mailoutbox == []


def test_what_else_was_typed_goes_along_to_the_move(staff):
    order = prepared(3, 2)
    first, second = order.lines.all()
    typed = {"tracking": 'PW"77', "seen": "0", f"line-{first.pk}": "1", f"line-{second.pk}": "0"}
    page = preview(staff, order, "shipped", message="The rest follows.", note="for us", **typed).content.decode()
    assert "A part of your order" in page
    fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    hidden = {name: unescape(value) for name, value in fields}
    assert {name: hidden.get(name) for name in (*typed, "from")} == {**typed, "from": "preparing"}
    assert "for us</textarea>" in page
    assert "The rest follows.</textarea>" in page
    assert f'action="{move_url(order, "shipped")}"' in page


def test_the_way_back_to_the_queue_goes_along_too(staff):
    order = make_order()
    came = {"_changelist_filters": "queue=to_pack"}
    page = staff.post(
        preview_url(order, "paid"), {"from": "placed"}, headers={"Referer": f"{admin_page(order)}?{urlencode(came)}"}
    ).content.decode()
    assert f'action="{move_url(order, "paid")}?_changelist_filters=queue%3Dto_pack"' in page
    assert f'formaction="{preview_url(order, "paid")}?_changelist_filters=queue%3Dto_pack"' in page
    assert f'href="{admin_page(order)}?_changelist_filters=queue%3Dto_pack"' in page


def test_the_buttons_that_send_a_message_have_a_preview_beside_them(staff):
    order = make_order()
    page = staff.get(admin_page(order)).content.decode()
    assert page.count('formaction="') == 1
    assert page.index(f'formaction="{preview_url(order, "paid")}"') > page.index("Mark paid")
    asked = staff.post(move_url(order, "cancelled")).content.decode()
    assert f'formaction="{preview_url(order, "cancelled")}"' in asked


def test_a_text_for_replies_is_put_into_the_message_in_the_shoppers_language(staff):
    text = ReplyTemplate.objects.create(title="Sorry", text_en="We are sorry.", text_zh_hans="非常抱歉。", position=1)
    order = make_order(language="zh-hans")
    answer = preview(staff, order, "paid", message="你好", insert=str(text.pk))
    assert "你好\n\n非常抱歉。</textarea>" in answer.content.decode()
    assert "非常抱歉。" in framed(answer)
    assert "Sorry</button>" in answer.content.decode()


def test_a_message_that_is_too_long_is_said_and_kept_and_cannot_be_sent(staff):
    order = make_order()
    page = preview(staff, order, "paid", message="x" * (LONGEST + 7))
    said = page.content.decode()
    assert page.status_code == 422
    assert f"at most {LONGEST} characters; this one has {LONGEST + 7}" in said
    assert "x" * (LONGEST + 7) in said
    assert "Mark paid</button>" not in said
    assert "<iframe" not in said


def test_without_a_message_the_page_says_so(staff):
    assert "There is no message in it." in preview(staff, make_order(), "paid", message=" ").content.decode()


def test_what_the_move_would_refuse_the_preview_refuses(staff):
    taken, order = prepared(1), prepared(1)
    transition(taken.ref, Status.SHIPPED, by=Actor.STAFF, actor="staff:1", tracking="PW-1")
    answer = preview(staff, order, "shipped", tracking="PW-1", message="Hello")
    assert answer.status_code == 422
    assert "The tracking number PW-1 is another parcel" in answer.content.decode()
    assert "Hello</textarea>" in answer.content.decode()


def test_an_order_that_has_moved_since_is_asked_about_as_by_the_move(staff):
    order = make_order()
    moved = transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    answer = preview(staff, order, "cancelled", message="Sorry")
    assert answer.status_code == 409
    assert "The order has moved since you opened its page" in answer.content.decode()
    gone = preview(staff, order, "paid", message="Thank you")
    assert (gone.status_code, "Thank you" in gone.content.decode()) == (409, True)
    assert Order.objects.get(pk=order.pk).version == moved.version


def test_where_the_shopper_has_switched_the_mail_off_the_page_says_that_none_goes(staff):
    order = make_order(user=UserFactory(silenced=["mail:paid"]))
    said = preview(staff, order, "paid", message="Hello").content.decode()
    assert "No mail would go" in said
    assert "<iframe" not in said


def test_the_frame_has_no_key_to_the_order(staff):
    shown = framed(preview(staff, make_order(), "paid"))
    assert re.findall(r"/track/(.+?)/", shown) == ["…"] * shown.count("/track/")
    assert "/track/" in shown


def test_it_is_for_who_may_make_the_move_and_for_moves_with_a_mail(client, staff):
    order = make_order()
    assert staff.get(preview_url(order, "paid")).status_code == 302
    assert staff.post(preview_url(order, "preparing")).status_code == 404
    assert staff.post(preview_url(order, "lost")).status_code == 404
    client.force_login(member_of("Fulfilment"))
    assert preview(client, order, "paid").status_code == 403
