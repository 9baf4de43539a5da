"""The payments of an order, their refunds, and what the gateways said of them."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from shop.lib.money_field import amount_field


class Payment(models.Model):
    """One try to pay an order through a gateway. It belongs to that gateway for ever.

    How much of it was returned, its refunds say.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        AUTHORISED = "authorised", _("authorised")
        CAPTURED = "captured", _("captured")
        FAILED = "failed", _("failed")
        VOIDED = "voided", _("voided")
        REFUNDED = "refunded", _("refunded")
        DISPUTED = "disputed", _("disputed")

    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="payments")
    gateway = models.CharField(_("gateway"), max_length=40)
    session = models.CharField(_("session"), max_length=80, unique=True, null=True)
    amount = amount_field(_("amount"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    reference = models.CharField(
        _("reference"),
        max_length=80,
        blank=True,
        help_text=_("What stands on the bank's statement, or on the receipt."),
    )
    received_on = models.DateField(_("received on"), null=True, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)
    completed_at = models.DateTimeField(_("completed"), null=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["order"], condition=models.Q(session=None, state="captured"), name="payment_held_by_hand"
            )
        ]

    HELD: ClassVar[frozenset[str]] = frozenset({State.CAPTURED.value, State.DISPUTED.value})
    """The states in which the shop has the money, or what its refunds have left of it."""
    CAME: ClassVar[frozenset[str]] = HELD | {State.REFUNDED.value}
    """The states of a payment whose money came, whatever became of it."""

    def __str__(self) -> str:
        return f"{self.amount} {self.get_state_display()}"

    @property
    def by_hand(self) -> bool:
        """Whether it came past the gateways, so that only staff can return it."""
        return self.session is None

    @property
    def refunded(self) -> Any:
        """How much of it was returned, or is being returned. Reads the refunds."""
        counted = [each.amount for each in self.refunds.all() if each.state != Refund.State.FAILED]
        return sum(counted, self.amount * 0)

    @property
    def held(self) -> Any:
        """What the shop has of it: what no refund has returned yet."""
        gone = [each.amount for each in self.refunds.all() if each.state == Refund.State.SUCCEEDED]
        return self.amount - sum(gone, self.amount * 0) if self.state in self.HELD else self.amount * 0

    @property
    def to_capture(self) -> Any:
        """What of an authorised payment is to be taken: all but what is to be returned already. Reads the refunds."""
        waiting = [each.amount for each in self.refunds.all() if each.state == Refund.State.REQUESTED]
        return self.amount - sum(waiting, self.amount * 0)

    @property
    def left(self) -> Any:
        """What could still be asked back: what no refund has asked for."""
        return self.amount - self.refunded if self.state in self.HELD else self.amount * 0


class Refund(models.Model):
    """A part of a payment, or all of it, that goes back. Its primary key is the idempotency key at the gateway."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = amount_field(_("amount"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.REQUESTED)
    actor = models.CharField(_("who"), max_length=60, blank=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)
    completed_at = models.DateTimeField(_("completed"), null=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["payment"], condition=models.Q(state="requested"), name="refund_requested"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_state_display()}"

    @property
    def idempotency_key(self) -> str:
        """It names this refund at the gateway, however often it is asked."""
        return f"refund:{self.pk}"


class WebhookEvent(models.Model):
    """A webhook whose signature was good, kept whatever came of it; its body for 180 days. `outcome` says what did."""

    gateway = models.CharField(_("gateway"), max_length=40)
    event_id = models.CharField(_("webhook event"), max_length=80)
    body = models.TextField(_("body"), help_text=_("Deleted after 180 days."))
    outcome = models.CharField(_("outcome"), max_length=200)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    times = models.PositiveIntegerField(_("times received"), default=1)

    class Meta:
        verbose_name = _("gateway webhook")
        verbose_name_plural = _("gateway webhooks")
        constraints = [models.UniqueConstraint(fields=["gateway", "event_id"], name="webhook_event_once")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}: {self.outcome}"
