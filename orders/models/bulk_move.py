"""A move of many orders that the workers make, and what it could not move."""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.emission import EmitsEvents, GuardedQuerySet
from events.log.stream_names import StreamName
from orders import lifecycle
from orders.bulk.domain_events import BulkMoveState


class BulkMove(EmitsEvents):
    """Orders of a list that somebody moves to one status. Its stream is `bulk_move:<number>`.

    It keeps how the list was filtered (`query`), not its orders. `chosen` are the primary keys where rows were ticked,
    None for all that the filter finds. `newest` is the largest primary key when the question was asked (`asked_at`).

    Orders are moved in the order of their primary keys. `cursor` is the last one that was looked at. It is written in
    the transaction that moves that order, so that each one is moved once, whatever dies.
    """

    guarded = frozenset({"state"})

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        NO_RIGHT = "no_right", _("stopped: the right was taken away")

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    language = models.CharField(_("language"), max_length=10, default=settings.LANGUAGE_CODE)
    target = models.CharField(_("new status"), max_length=20, choices=lifecycle.CHOICES)
    permission = models.CharField(max_length=60, editable=False)
    query = models.TextField(_("filter"), blank=True)
    chosen = models.JSONField(null=True, editable=False)
    newest = models.BigIntegerField(editable=False)
    note = models.TextField(_("internal note"), blank=True)
    message = models.TextField(_("message to the shopper"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    total = models.PositiveIntegerField(_("orders"))
    done = models.PositiveIntegerField(_("moved"), default=0)
    refused = models.PositiveIntegerField(_("not moved"), default=0)
    cursor = models.BigIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(_("chosen"))
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = GuardedQuerySet.as_manager()

    class Meta(EmitsEvents.Meta):
        verbose_name = _("bulk move")
        verbose_name_plural = _("bulk moves")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_target_display()}: {self.total}"

    @property
    def stream(self) -> str:
        return str(StreamName("bulk_move", str(self.pk)))

    @property
    def running(self) -> bool:
        """Whether workers still move its orders."""
        return self.state == self.State.RUNNING

    @property
    def actor(self) -> str:
        """Who moves the orders, as their events name it."""
        return f"staff:{self.person_id}"

    @property
    def staff_page(self) -> str:
        """The address of its page in admin."""
        return reverse("admin:orders_bulkmove_change", args=[self.pk])

    def progress(self) -> BulkMoveState:
        """How far it is, as its events say it."""
        return BulkMoveState(self.target, self.state, self.total, self.done, self.refused)


class BulkRefusal(models.Model):
    """An order that a bulk move left as it was, and why, in the language of who started it."""

    move = models.ForeignKey(BulkMove, on_delete=models.CASCADE, related_name="refusals")
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="+")
    reason = models.TextField(_("reason"))

    class Meta:
        verbose_name = _("order that was not moved")
        verbose_name_plural = _("orders that were not moved")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["move", "order"], name="refused_once_by_a_move")]

    def __str__(self) -> str:
        return self.reason
