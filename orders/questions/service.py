"""The verbs of questions: ask, answer, close, open again. Each locks its rows and emits its event with the change."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from orders.locking import locked
from orders.models import Order, Question
from orders.questions.domain_events import QuestionAnswered, QuestionAsked, QuestionClosed, QuestionReopened
from shop.lib.kept_briefly import kept_briefly

LONGEST = 3000
"""Characters of a message."""
TWICE = timedelta(minutes=10)
"""The same text within this time is the same message: the button was pressed twice."""


class Stale(Exception):
    """The shopper has written since the answer was begun."""


@dataclass(frozen=True)
class Sender:
    """Who asks without an order, or with a number that does not fit the mail address (`typed_ref`)."""

    name: str
    email: str
    language: str
    typed_ref: str = ""


def ask(about: Order | Sender, text: str, *, withdraws: bool = False) -> Question:
    """Write a message of a shopper. All that is written about an order is one conversation."""
    with transaction.atomic():
        waits = Question.State.WAITING
        question = _about(about.ref, waits) if isinstance(about, Order) else _of_sender(about, text)
        last = question.messages.last()
        if last and not last.from_shop and last.text == text and last.at > timezone.now() - TWICE:
            return question
        message = question.messages.create(text=text, withdraws=withdraws)
        question.asked_at = message.at
        question.withdraws = question.withdraws or withdraws
        question.state = Question.State.WAITING
        question.record(QuestionAsked(**question.facts("shopper", message), withdraws=withdraws))
        question.save()
    return question


def conversation(order: Order) -> Question:
    """The conversation about an order, for staff who write first. A new one is shown once somebody has written."""
    with transaction.atomic():
        return _about(order.ref, Question.State.ANSWERED)


def _about(ref: str, state: str) -> Question:
    order = locked(ref)  # so that two first messages find one conversation
    found = Question.objects.select_for_update().filter(order=order).first()
    return found or Question.objects.create(
        order=order, key=order.ref, name=order.name, email=order.email, language=order.language, state=state
    )


def _of_sender(sender: Sender, text: str) -> Question:
    """A new question; of a form that is sent twice the same one, because its key is made of what was sent."""
    said = f"{timezone.localdate()} {sender.email.casefold()} {text}"
    made, _new = Question.objects.get_or_create(
        key=salted_hmac("orders.questions", said).hexdigest()[:24],
        defaults={
            "name": sender.name,
            "email": sender.email,
            "language": sender.language,
            "typed_ref": sender.typed_ref,
        },
    )
    return _locked(made.pk)


def answer(pk: int, text: str, *, staff: Any, seen: int | None = None, close: bool = False) -> Question:
    """Write a message of staff. Raises `Stale` if the question is no longer at the version that they saw."""
    with transaction.atomic():
        question = _locked(pk)
        if seen is not None and seen != question.version:
            raise Stale
        message = question.messages.create(text=text, staff=staff, from_shop=True)
        actor = f"staff:{staff.pk}"
        question.state = Question.State.ANSWERED
        question.record(QuestionAnswered(**question.facts(actor, message)))
        if close:
            _close(question, actor)
        question.save()
    return question


def close(pk: int, *, actor: str) -> Question:
    """Nothing is left to answer. A message of the shopper opens it again."""
    with transaction.atomic():
        question = _locked(pk)
        if question.state != Question.State.CLOSED:
            _close(question, actor)
            question.save()
    return question


def reopen(pk: int, *, actor: str) -> Question:
    """Put it among those that wait."""
    with transaction.atomic():
        question = _locked(pk)
        if question.state != Question.State.WAITING:
            question.state = Question.State.WAITING
            question.record(QuestionReopened(**question.facts(actor)))
            question.save()
    return question


def _close(question: Question, actor: str) -> None:
    question.state = Question.State.CLOSED
    question.record(QuestionClosed(**question.facts(actor)))


def _locked(pk: int) -> Question:
    # Without the order: PostgreSQL cannot lock the row of a left join.
    question: Question = Question.objects.select_for_update().get(pk=pk)
    return question


def waiting() -> int:
    """How many wait for staff."""
    return int(Question.objects.filter(state=Question.State.WAITING).count())


@kept_briefly()
def waiting_lately() -> int:
    """The same, a few seconds old at most: every page of the admin shows it."""
    return waiting()


waiting_lately.forget_with(Question)
