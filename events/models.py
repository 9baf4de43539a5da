"""The durable log and the durable queue: each event once, and one delivery for each handler that wants it."""

import secrets
import time
import uuid
from typing import ClassVar

import uuid_utils.compat
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.log import envelope


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): unique everywhere and roughly ordered by time, which keeps the index compact."""
    return uuid_utils.compat.uuid7()


class Event(models.Model):
    """One thing that happened, with its signed body. Rows are only added, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stream = models.CharField(max_length=100)
    seq = models.PositiveBigIntegerField(help_text=_("1, 2, … within the stream, without a gap"))
    type = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    body = models.BinaryField()
    kid = models.CharField(max_length=40)
    signature = models.BinaryField(max_length=32)
    recorded_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="event_stream_seq")]

    def __str__(self) -> str:
        return f"{self.stream} #{self.seq} {self.type}"

    @property
    def header(self) -> envelope.Header:
        """The signed columns."""
        return envelope.Header(self.id, self.stream, self.seq, self.type, self.version)

    @property
    def sealed(self) -> envelope.Sealed:
        """The body and its signature."""
        return envelope.Sealed(bytes(self.body), self.kid, bytes(self.signature))

    def cloud_event(self) -> envelope.CloudEvent:
        """The event as CloudEvents 1.0. Raises `BadEnvelope`."""
        return envelope.read(self.header, self.sealed)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """The states of a delivery are predicates over its columns: no state column can contradict them."""

    def open(self) -> "DeliveryQuerySet":
        """Not acknowledged: pending or dead-lettered."""
        return self.filter(acknowledged_at__isnull=True)

    def pending(self) -> "DeliveryQuerySet":
        """Waiting to be processed."""
        return self.open().filter(dead_lettered_at__isnull=True)

    def dead_letters(self) -> "DeliveryQuerySet":
        """Failed for good, until somebody retries or skips them. The ordered queue behind each one waits."""
        return self.open().filter(dead_lettered_at__isnull=False)

    def heads(self) -> "DeliveryQuerySet":
        """Pending, and the first open delivery of their ordered queue."""
        earlier = Delivery.objects.open().filter(
            handler=models.OuterRef("handler"), stream=models.OuterRef("stream"), seq__lt=models.OuterRef("seq")
        )
        return self.pending().filter(~models.Exists(earlier))

    def ordered_queue(self, handler: str, stream: str) -> "DeliveryQuerySet":
        """The deliveries of one handler for one stream, in order."""
        return self.filter(handler=handler, stream=stream).order_by("seq")


class Delivery(models.Model):
    """One event for one handler. The deliveries of one handler for one stream are an *ordered queue*."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=100)
    stream = models.CharField(max_length=100)
    seq = models.PositiveBigIntegerField()
    due_at = models.DateTimeField(help_text=_("not processed before (a timer, or back-off after a failure)"))
    notify_at = models.DateTimeField(help_text=_("when the relay sends the next wake-up message"))
    notifications = models.PositiveIntegerField(default=0, help_text=_("wake-up messages that the relay has sent"))
    starts = models.PositiveIntegerField(default=0, help_text=_("starts since the last end, after a second wake-up"))
    attempts = models.PositiveIntegerField(default=0, help_text=_("how often the handler failed"))
    claim = models.UUIDField(null=True, help_text=_("the worker that runs it, for handlers with effects outside"))
    claimed_until = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    skipped = models.BooleanField(default=False, help_text=_("acknowledged without a run, by an operator"))
    dead_lettered_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        permissions = [("replay_delivery", _("Can have a handler see events again"))]
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="delivery_once")]
        indexes = [
            # Partial, so that acknowledged rows cost nothing. `IS NULL`, because SQLite cannot match a parameter.
            models.Index(
                fields=["handler", "stream", "seq"],
                name="delivery_ordered_queue",
                condition=Q(acknowledged_at__isnull=True),
            ),
            models.Index(
                fields=["notify_at"],
                name="delivery_due",
                condition=Q(acknowledged_at__isnull=True, dead_lettered_at__isnull=True),
            ),
            # For `status.stalled`: was anything processed lately?
            models.Index(
                fields=["acknowledged_at"], name="delivery_acknowledged", condition=Q(acknowledged_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handler} ← {self.stream} #{self.seq}"

    @property
    def state(self) -> str:
        """`done`, `skipped`, `dead-lettered` or `pending`."""
        if self.acknowledged_at:
            return "skipped" if self.skipped else "done"
        return "dead-lettered" if self.dead_lettered_at else "pending"


class PeriodicRun(models.Model):
    """When a periodic task ran last (see `events.operations.periodic`)."""

    name = models.CharField(primary_key=True, max_length=60)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.name


def new_epoch() -> str:
    """A random epoch of eight characters."""
    return secrets.token_hex(4)


class Log(models.Model):
    """The identity of this log (one row). A browser that comes with another epoch gets a snapshot.

    After a restored backup the log needs a new epoch (`manage.py events new-epoch`), because it will use the same
    sequence numbers again.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=16, default=new_epoch)
    pruned_before = models.DateTimeField(null=True, help_text=_("events older than this may have been archived"))

    class Meta:
        verbose_name = _("log")
        verbose_name_plural = _("log")

    def __str__(self) -> str:
        return self.epoch

    @classmethod
    def current_epoch(cls) -> str:
        """The epoch. The first call creates it."""
        with connection.cursor() as cursor:  # of every page with something live: not worth composing
            cursor.execute(f"SELECT epoch FROM {cls._meta.db_table} WHERE id = 1")  # noqa: S608 - a name of ours
            row = cursor.fetchone()
        return str(row[0]) if row else cls.objects.get_or_create(pk=1)[0].epoch

    @classmethod
    def renew_epoch(cls) -> str:
        """Give the log a new epoch, and return it. For a database that was restored: `manage.py events new-epoch`."""
        epoch = new_epoch()
        cls.objects.update_or_create(pk=1, defaults={"epoch": epoch})
        return epoch

    _recent: ClassVar[tuple[float, str]] = (0.0, "")

    @classmethod
    def recent_epoch(cls, seconds: float = 1.0) -> str:
        """The epoch, at most `seconds` old, for pages and pushes. A browser with an old epoch gets a snapshot."""
        at, epoch = cls._recent
        if not epoch or time.monotonic() - at > seconds:
            epoch = cls.current_epoch()
            Log._recent = (time.monotonic(), epoch)
        return epoch
