"""Questions to the shop and the messages of each."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.emission import EmitsEvents, GuardedQuerySet
from events.log.stream_names import StreamName
from orders.models.order import Order


def _new_key() -> str:
    return secrets.token_urlsafe(12)


class QuestionQuerySet(GuardedQuerySet):
    """Questions; their state moves by `orders.questions.service` alone."""

    def by_urgency(self) -> "QuestionQuerySet":
        """What waits for staff first: withdrawals, then who has waited longest."""
        place = Case(
            When(state=Question.State.WAITING, then=Value(0)),
            When(state=Question.State.ANSWERED, then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
        return self.order_by(place, "-withdraws", "asked_at", "pk")


class Question(EmitsEvents):
    """What a shopper and staff write to each other: about one order, or none. Its stream is `question:<key>`."""

    guarded = frozenset({"state"})

    class State(models.TextChoices):
        """Who has to do something."""

        WAITING = "waiting", _("waits for us")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")

    key = models.CharField(
        max_length=24, unique=True, default=_new_key, editable=False, help_text=_("The order's reference, if any.")
    )
    order = models.OneToOneField(
        Order, verbose_name=_("order"), null=True, on_delete=models.PROTECT, related_name="question"
    )
    name = models.CharField(_("full name"), max_length=120)
    email = models.EmailField(_("email"))
    language = models.CharField(_("language"), max_length=10, default=settings.LANGUAGE_CODE)
    typed_ref = models.CharField(
        _("order number as typed"),
        max_length=40,
        blank=True,
        help_text=_("It is not proven: the mail address differs."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    withdraws = models.BooleanField(_("withdrawal"), default=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now, help_text=_("When the shopper wrote last."))

    objects = QuestionQuerySet.as_manager()

    class Meta(EmitsEvents.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        indexes = [
            models.Index(fields=["asked_at"], condition=models.Q(state="waiting"), name="question_that_waits"),
            models.Index(fields=["state", "asked_at"], name="question_by_state"),
        ]
        permissions = [("answer_question", _("Can answer questions"))]

    def __str__(self) -> str:
        return self.order.ref if self.order is not None else self.email

    @property
    def stream(self) -> str:
        return str(StreamName("question", self.key))

    def facts(self, actor: str, message: "Message | None" = None) -> dict[str, Any]:
        """What every event of it carries. Take it when everything else of the question is set."""
        return {
            "question": self.key,
            "ref": self.order.ref if self.order is not None else "",
            "state": str(self.state),
            "messages": self.messages.count(),
            "customer": self.order.user_id if self.order is not None else None,
            "actor": actor,
            "message": message.pk if message else None,
        }


class Message(models.Model):
    """What one side wrote. It is never changed."""

    question = models.ForeignKey(
        Question, verbose_name=_("question"), on_delete=models.CASCADE, related_name="messages"
    )
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("staff"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    from_shop = models.BooleanField(_("from the shop"), default=False)
    withdraws = models.BooleanField(_("withdrawal"), default=False)
    text: Any = models.TextField(_("text"))
    at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.text)[:60]


class ReplyTemplate(models.Model):
    """A text that staff answer with often, in every language of the shop."""

    title: Any = models.CharField(_("title"), max_length=80)
    text: Any = models.TextField(_("text"), max_length=3000)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("text for replies")
        verbose_name_plural = _("texts for replies")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.title)
