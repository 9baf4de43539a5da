"""The withdrawal: a statement that is shown before it counts, reaches staff, and is confirmed by mail."""

import pytest

from orders.models import Question

pytestmark = pytest.mark.django_db


def form(order, **changes):
    return {"ref": order.ref, "name": "Ann Example", "email": order.email, "goods": "", **changes}


def test_the_statement_is_shown_first_and_nothing_counts_before_it_is_confirmed(client, order):
    page = client.post("/withdrawal/form/", form(order, goods="the\nmug")).content.decode()
    assert "I hereby give notice that I withdraw" in page
    assert "Confirm withdrawal" in page
    assert not Question.objects.exists()
    again = client.post("/withdrawal/form/", form(order, goods="the mug", change="1")).content.decode()
    assert "the mug</textarea>" in again


def test_a_confirmed_withdrawal_reaches_staff_and_is_confirmed_by_mail(client, order, process_all, mailoutbox):
    answer = client.post("/withdrawal/form/", form(order, goods="the mug", confirm="1"))
    assert answer["Location"] == "/contact/"
    question = Question.objects.get()
    assert (question.order, question.withdraws, question.state) == (order, True, "waiting")
    assert "Goods: the mug" in question.messages.get().text
    process_all("questions.mail")
    (mail,) = mailoutbox
    assert mail.to == [order.email]
    assert mail.subject == f"We have received your withdrawal ({order.ref})"
    for words in ("Goods: the mug", "It reached us on", order.ref):
        assert words in mail.body
        assert words in mail.alternatives[0][0]


def test_a_withdrawal_with_another_mail_address_counts_too_and_tells_nothing_of_the_order(
    client, order, process_all, mailoutbox
):
    client.post("/withdrawal/form/", form(order, email="other@example.com", confirm="1"))
    question = Question.objects.get()
    assert (question.order, question.typed_ref) == (None, order.ref)
    process_all("questions.mail")
    (mail,) = mailoutbox
    assert mail.to == ["other@example.com"]
    assert "/track/" not in mail.body


def test_in_chinese_the_statement_is_chinese(client, order):
    client.post("/zh-hans/withdrawal/form/", form(order, confirm="1"))
    assert "本人特此声明撤回我的买卖合同。" in Question.objects.get().messages.get().text


def test_the_orders_page_leads_to_a_form_that_is_filled_in_for_its_owner_alone(guest, client, order):
    address = f"/withdrawal/form/?order={order.ref}"
    assert 'value="Ann Example"' in guest.get(address).content.decode()
    assert "Ann Example" not in client.get(address).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"ref": ""},
        {"email": "no"},
        {"name": ""},
        {"goods": "x" * 501},
        {"goods": "win at www.evil.example"},
        {"ref": "https://evil.example"},
    ],
)
def test_a_wrong_form_comes_back_as_it_was(client, order, wrong):
    answer = client.post("/withdrawal/form/", form(order, confirm="1") | wrong)
    assert answer.status_code == 422
    assert "marked below" in answer.content.decode()
    assert not Question.objects.exists()
