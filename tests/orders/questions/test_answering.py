"""What staff do with questions: the queue, the answer by mail and live, texts for replies, closing."""

import pytest
from django.utils import timezone

from events.live.streams import Viewer
from events.log.envelope import open_for
from events.models import Event
from orders import access_links
from orders.access_links import Strength
from orders.models import Message, Question, ReplyTemplate
from orders.questions import service
from orders.questions.service import Sender
from orders.questions.stream import QuestionStream
from tests.orders.conftest import member_of
from tests.support.factories import UserFactory, make_order
from tests.support.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def question(order):
    return service.ask(order, "When will it come?")


def send(client, question, **typed):
    return client.post(f"/admin/orders/question/{question.pk}/answer/", {"send": "1", **typed})


def test_an_answer_goes_by_mail_with_the_way_back_and_stands_on_the_orders_page(
    support, guest, question, process_all, mailoutbox
):
    assert send(support, question, text="Tomorrow.", seen=question.version).status_code == 302
    question.refresh_from_db()
    assert question.state == "answered"
    assert "Tomorrow." in guest.get(f"/orders/{question.order.ref}/").content.decode()
    process_all("questions.mail")
    (mail,) = mailoutbox
    assert mail.to == [question.order.email]
    assert mail.subject == f"Our answer to your question ({question.order.ref})"
    for part in (mail.body, mail.alternatives[0][0]):
        for words in ("Tomorrow.", "When will it come?", question.order.ref, "/track/"):
            assert words in part
    message = Message.objects.get(from_shop=True)
    assert message.staff == support.person


def test_what_was_written_stands_in_no_event(support, question):
    send(support, question, text="Tomorrow, surely.")
    kept = list(Event.objects.filter(stream=question.stream).order_by("seq"))
    assert [event.type for event in kept] == ["question.asked", "question.answered"]
    said = str([open_for("test", event.header, event.sealed).data for event in kept])
    assert question.order.ref in said
    assert "surely" not in said
    assert "When will" not in said


def test_a_question_without_an_order_is_answered_by_mail_alone(support, process_all, mailoutbox):
    question = service.ask(Sender("Ann", "ann@example.com", "zh-hans"), "有礼品卡吗？")
    send(support, question, text="有的。")
    process_all("questions.mail")
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["ann@example.com"], "对您咨询的答复")
    assert mail.reply_to == ["shop@example.com"]
    assert "/track/" not in mail.body


@pytest.mark.parametrize("text", ["", "  ", "x" * 3001, "x" * 9000])
def test_an_answer_that_cannot_be_sent_is_refused_in_words(support, question, text):
    answer = send(support, question, text=text)
    assert answer.status_code == 200
    assert f"at most 3000 characters; this one has {len(text.strip())}" in answer.content.decode()
    assert text.strip() in answer.content.decode()
    assert Message.objects.count() == 1


def test_an_answer_to_an_older_conversation_is_not_sent_and_not_lost(support, question, order):
    seen = question.version
    service.ask(order, "It has come, thank you.")
    page = send(support, question, text="Tomorrow.", seen=seen).content.decode()
    assert "Something was written since you began" in page
    assert "It has come, thank you." in page
    assert "Tomorrow.</textarea>" in page
    assert not Message.objects.filter(from_shop=True).exists()


def test_a_text_for_replies_is_put_below_what_was_typed_in_the_shoppers_language(support):
    text = ReplyTemplate.objects.create(title_en="Sorry", text_en="We are sorry.", text_zh_hans="非常抱歉。")
    question = service.ask(Sender("Ann", "ann@example.com", "zh-hans"), "坏了")
    page = send(support, question, text="您好", insert=text.pk).content.decode()
    assert "您好\n\n非常抱歉。</textarea>" in page
    assert not Message.objects.filter(from_shop=True).exists()
    assert "您好</textarea>" in send(support, question, text="您好", insert="99 nonsense").content.decode()


def test_a_closed_question_is_opened_by_staff_and_by_the_shopper(support, question, order):
    address = f"/admin/orders/question/{question.pk}/answer/"
    support.post(address, {"close": "1", "text": "Bye."})
    question.refresh_from_db()
    assert (question.state, question.messages.count()) == ("closed", 2)
    support.post(address, {"close": "1"})  # pressed twice
    support.post(address, {"reopen": "1"})
    question.refresh_from_db()
    assert question.state == "waiting"
    support.post(address, {"close": "1"})
    service.ask(order, "One thing more.")
    question.refresh_from_db()
    assert question.state == "waiting"
    kinds = Event.objects.filter(stream=question.stream).order_by("seq").values_list("type", flat=True)
    closed = ["question.answered", "question.closed", "question.reopened", "question.closed", "question.asked"]
    assert list(kinds) == ["question.asked", *closed]


def test_who_waits_comes_first_and_withdrawals_before_them(support):
    now = timezone.now()
    for n, (state, withdraws) in enumerate(
        [("answered", False), ("waiting", False), ("closed", False), ("waiting", True)]
    ):
        question = Question.objects.create(
            name=f"Person {n}",
            email="a@example.com",
            state=state,
            withdraws=withdraws,
            asked_at=now.replace(microsecond=n),
        )
        question.messages.create(text="?")
    page = support.get("/admin/orders/question/").content.decode()
    assert "Questions: 2 wait for an answer" in page
    people = [f"Person {n}" for n in range(4)]
    assert sorted(people, key=page.index) == ["Person 3", "Person 1", "Person 0", "Person 2"]


def test_today_and_the_side_bar_say_how_many_wait(support, question):
    page = support.get("/admin/").content.decode()
    assert '<b data-text="questions">1</b>' in page
    assert service.waiting_lately() == 1
    send(support, question, text="Tomorrow.")
    assert service.waiting_lately() == 0


def test_who_may_not_answer_reads_and_who_may_not_read_sees_nothing(client, question):
    client.force_login(member_of("Fulfilment"))
    assert client.get("/admin/orders/question/").status_code == 403
    assert send(client, question, text="x").status_code == 403
    assert not Message.objects.filter(from_shop=True).exists()


def test_the_list_costs_the_same_for_twenty_as_for_one(support, django_assert_max_num_queries):
    for n in range(20):
        service.ask(make_order() if n % 2 else Sender("Ann", f"a{n}@example.com", "en"), "When?")
    with django_assert_max_num_queries(16):
        support.get("/admin/orders/question/")


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one_when_both_saw_the_same():
    question = service.ask(make_order(), "When?")
    people = [UserFactory(is_staff=True), UserFactory(is_staff=True)]

    def reply(person):
        try:
            service.answer(question.pk, "Tomorrow.", staff=person, seen=1)
        except service.Stale:
            return "stale"
        return "sent"

    assert sorted(at_once(*[lambda person=person: reply(person) for person in people])) == ["sent", "stale"]


class TestTheStream:
    """`question:<ref>`."""

    def test_it_is_for_who_may_act_on_the_order_and_for_staff_who_read_questions(self, order, question):
        topic = QuestionStream().topic
        act, look = (access_links.grant(order.stream, 1, each) for each in (Strength.ACT, Strength.LOOK))
        assert topic(order.ref, Viewer(grants=frozenset({act}))) == f"question:{order.ref}"
        assert topic(order.ref, Viewer(permissions=frozenset({"orders.view_question"}))) == f"question:{order.ref}"
        for nobody in (
            Viewer(),
            Viewer(grants=frozenset({look})),
            Viewer(user_id=7),
            Viewer(permissions=frozenset({"orders.view_order"})),
        ):
            assert topic(order.ref, nobody) is None

    def test_an_ended_link_opens_it_no_more(self, order, question):
        old = access_links.grant(order.stream, 1, Strength.ACT)
        type(order).objects.filter(pk=order.pk).update(link_version=2)
        assert QuestionStream().topic(order.ref, Viewer(grants=frozenset({old}))) is None

    def test_one_without_an_order_is_for_staff_alone(self):
        asked = service.ask(Sender("Ann", "ann@example.com", "en"), "Gift cards?")
        assert QuestionStream().topic(asked.key, Viewer(user_id=1, grants=frozenset({"order:x/None/act"}))) is None

    def test_a_frame_says_how_many_messages_there_are_and_none_of_their_words(self, order, question):
        state = QuestionStream().snapshot(question.stream).state
        shown = QuestionStream().present(state, "zh-hans")
        assert shown == {"ref": order.ref, "status": "waiting", "label": "等待处理", "messages": 1}


# -- Staff write first -----------------------------------------------------------------------------


def begin(client, order):
    return client.post(f"/admin/orders/order/{order.pk}/write/")


def test_staff_write_to_a_shopper_who_has_asked_nothing(support, guest, order, process_all, mailoutbox):
    assert "Write to the shopper" in support.get(order.staff_page).content.decode()
    answer = begin(support, order)
    question = Question.objects.get()
    assert answer["Location"] == f"/admin/orders/question/{question.pk}/change/"
    assert begin(support, order)["Location"] == answer["Location"]  # pressed twice, one conversation
    assert send(support, question, text="The blue one is gone. Is green fine?", seen=0).status_code == 302
    assert "Is green fine?" in guest.get(f"/orders/{order.ref}/").content.decode()
    process_all("questions.mail")
    (mail,) = mailoutbox
    assert mail.subject == f"A message about your order ({order.ref})"
    assert "You wrote" not in mail.body
    page = support.get(order.staff_page).content.decode()
    assert "Write to the shopper" not in page
    assert "Is green fine?" in page


def test_a_conversation_in_which_nobody_has_written_waits_for_nobody_and_is_in_no_list(support, order):
    begin(support, order)
    assert "Write to the shopper" in support.get(order.staff_page).content.decode()
    for button in ("close", "reopen"):
        page = f"/admin/orders/question/{Question.objects.get().pk}/answer/"
        answer = support.post(page, {button: "1", "text": ""}, follow=True)
        assert "Nobody has written anything here yet." in answer.content.decode()
    assert service.waiting() == 0
    assert order.ref not in support.get("/admin/orders/question/").content.decode()


def test_who_may_not_answer_begins_no_conversation(client, order):
    client.force_login(member_of("Fulfilment"))
    assert begin(client, order).status_code == 403
    assert not Question.objects.exists()
