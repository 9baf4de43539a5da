"""The payments of an order, and what the gateways said of them."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from shop.lib.money_field import amount_field


class Payment(models.Model):
    """One try to pay an order through a gateway."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        REFUNDED = "refunded", _("refunded")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    gateway = models.CharField(_("gateway"), max_length=40)
    session = models.CharField(_("session"), max_length=80, unique=True, null=True)
    amount = amount_field(_("amount"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)
    completed_at = models.DateTimeField(_("completed"), null=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_state_display()}"

    @property
    def by_hand(self) -> bool:
        """Whether it came past the gateways, so that only staff can return it."""
        return self.session is None


class WebhookEvent(models.Model):
    """A webhook whose signature was good, kept whatever came of it. `outcome` says what did."""

    gateway = models.CharField(_("gateway"), max_length=40)
    event_id = models.CharField(_("webhook event"), max_length=80)
    body = models.TextField(_("body"))
    outcome = models.CharField(_("outcome"), max_length=200)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    times = models.PositiveIntegerField(_("times received"), default=1)

    class Meta:
        verbose_name = _("gateway webhook")
        verbose_name_plural = _("gateway webhooks")
        constraints = [models.UniqueConstraint(fields=["gateway", "event_id"], name="webhook_event_once")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}: {self.outcome}"
