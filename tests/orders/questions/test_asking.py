"""What shoppers write: from an order's page and from the contact form, once, and to nobody else's order."""

import pytest

from events.models import Event
from orders.models import Message, Question
from orders.questions import service, views
from orders.questions.service import Sender
from shop.pages.models import Page
from tests.support.factories import make_order
from tests.support.together import at_once

pytestmark = pytest.mark.django_db
FORM = {"name": "Ann Example", "email": "ann@example.com", "ref": "", "text": "Do you sell gift cards?"}


def types(question):
    return list(Event.objects.filter(stream=question.stream).order_by("seq").values_list("type", flat=True))


def test_a_guest_asks_on_the_orders_page_and_sees_what_was_written(guest, order):
    page = guest.get(f"/orders/{order.ref}/").content.decode()
    assert "Ask about this order" in page
    answer = guest.post(f"/orders/{order.ref}/question/", {"text": "<b>When</b>\nwill it come?"})
    assert answer["Location"] == f"/orders/{order.ref}/#questions"
    question = Question.objects.get()
    assert (question.order, question.state, question.key) == (order, "waiting", order.ref)
    assert types(question) == ["question.asked"]
    page = guest.get(f"/orders/{order.ref}/").content.decode()
    assert "&lt;b&gt;When&lt;/b&gt;<br>will it come?" in page
    assert f'data-stream="question:{order.ref}" data-version="1"' in page


def test_all_that_is_written_about_an_order_is_one_conversation(guest, order):
    for text in ("One?", "Two?"):
        guest.post(f"/orders/{order.ref}/question/", {"text": text})
    assert [message.text for message in Question.objects.get().messages.all()] == ["One?", "Two?"]


def test_who_only_looks_at_an_order_does_not_see_its_conversation(guest, onlooker, order):
    guest.post(f"/orders/{order.ref}/question/", {"text": "My secret"})
    assert "My secret" not in onlooker.get(f"/orders/{order.ref}/").content.decode()
    assert onlooker.get(f"/orders/{order.ref}/question/").status_code == 404
    assert onlooker.post(f"/orders/{order.ref}/question/", {"text": "x"}).status_code == 404
    assert Message.objects.count() == 1


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 3001, "a\0b"])
def test_a_message_that_cannot_be_kept_is_shown_again_with_what_is_wrong(guest, order, text):
    answer = guest.post(f"/orders/{order.ref}/question/", {"text": text})
    if text == "a\0b" and answer.status_code != 422:
        assert Message.objects.get().text == "ab"  # the character is taken out before any form sees it
        return
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode() or "error" in answer.content.decode()
    assert text.strip()[:100] in answer.content.decode()
    assert not Message.objects.exists()


def test_the_contact_form_reaches_staff_without_an_order(client):
    assert client.post("/contact/", FORM)["Location"] == "/contact/"
    question = Question.objects.get()
    assert (question.order, question.email, question.typed_ref) == (None, "ann@example.com", "")
    assert "answer by mail" in client.get("/contact/").content.decode()


def test_the_contact_page_has_what_the_owner_wrote(client):
    Page.objects.create(kind="contact", title_en="Write to us", body_en="**Soon** answered.", published=True)
    page = client.get("/contact/").content.decode()
    assert "<h1>Write to us</h1>" in page
    assert "<strong>Soon</strong>" in page
    assert '<a href="/contact/">Write to us</a>' in page


def test_a_number_with_the_orders_mail_address_reaches_its_conversation(client, order):
    client.post("/contact/", FORM | {"ref": order.ref.lower().replace("-", " "), "email": "ANN@example.com"})
    assert Question.objects.get().order == order


@pytest.mark.parametrize("ref", ["{ref}", "nonsense", "AAAAA-AAAAA"])
def test_a_number_that_proves_nothing_joins_no_order_and_gets_the_same_answer(client, order, ref):
    answer = client.post("/contact/", FORM | {"ref": ref.format(ref=order.ref), "email": "eve@example.com"})
    assert answer["Location"] == "/contact/"
    question = Question.objects.get()
    assert (question.order, question.typed_ref) == (None, ref.format(ref=order.ref))


@pytest.mark.parametrize(
    "wrong", [{"email": "no"}, {"name": ""}, {"name": "see https://evil.example"}, {"text": ""}, {"ref": "x" * 41}]
)
def test_a_wrong_contact_form_comes_back_as_it_was(client, wrong):
    answer = client.post("/contact/", FORM | wrong)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "marked below" in page
    assert "Ann Example" in page or "gift cards" in page
    assert not Question.objects.exists()


def test_too_many_messages_are_refused_and_the_text_stays(client, monkeypatch):
    monkeypatch.setattr(views, "BY_SENDER", 1)
    client.post("/contact/", FORM)
    answer = client.post("/contact/", FORM | {"text": "And once more, please."})
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "try again in an hour" in page
    assert "And once more, please." in page
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_message():
    order = make_order()
    at_once(*[lambda: service.ask(order, "When?")] * 4)
    sender = Sender("Ann", "ann@example.com", "en")
    at_once(*[lambda: service.ask(sender, "Gift cards?")] * 4)
    assert sorted(Message.objects.values_list("text", flat=True)) == ["Gift cards?", "When?"]
    assert Question.objects.count() == 2
    assert [types(each) for each in Question.objects.all()] == [["question.asked"]] * 2
