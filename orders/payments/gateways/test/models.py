"""The test gateway's own books, as if it were another company."""

import secrets
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.emission import EmitsEvents, GuardedQuerySet
from events.log.stream_names import StreamName
from shop.lib.money_field import amount_field


def _new_id() -> str:
    return f"tg_{secrets.token_urlsafe(16)}"


class Session(EmitsEvents):
    """A payment on its hosted page."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CONFIRMING = "confirming", _("waiting for confirmation")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")

    guarded = frozenset({"state"})

    id = models.CharField(primary_key=True, max_length=40, default=_new_id)
    idempotency_key = models.CharField(max_length=80, unique=True)
    ref = models.CharField(max_length=40)
    amount: Any = amount_field()
    return_url = models.URLField(max_length=1000)
    webhook_url = models.URLField(max_length=500)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    created = models.DateTimeField(default=timezone.now)

    objects = GuardedQuerySet.as_manager()

    class Meta(EmitsEvents.Meta):
        verbose_name = _("gateway session")
        verbose_name_plural = _("gateway sessions")

    def __str__(self) -> str:
        return self.id

    @property
    def stream(self) -> str:
        return str(StreamName("testgateway", self.id))


class Refund(models.Model):
    """A refund. The idempotency key makes a repeat harmless."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refunds")
    idempotency_key = models.CharField(max_length=160, unique=True)
    amount: Any = amount_field()
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("gateway refund")
        verbose_name_plural = _("gateway refunds")

    def __str__(self) -> str:
        return f"{self.amount} of {self.session_id}"
