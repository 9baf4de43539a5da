"""The durable log and the queue: every event once, and one delivery for each handler that wants it."""

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
    """UUIDv7 (RFC 9562): unique anywhere, and in about the order of time, which keeps the index compact."""
    return uuid_utils.compat.uuid7()


class Event(models.Model):
    """One thing that happened, as it was signed. Rows are only ever added."""

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
    """The states of a delivery are predicates on it; there is no state column that could disagree."""

    def open(self) -> "DeliveryQuerySet":
        """Not settled: pending or parked."""
        return self.filter(acknowledged_at__isnull=True)

    def pending(self) -> "DeliveryQuerySet":
        """Waiting to be handled."""
        return self.open().filter(dead_lettered_at__isnull=True)

    def dead_letters(self) -> "DeliveryQuerySet":
        """Given up on until somebody looks; the line behind it waits."""
        return self.open().filter(dead_lettered_at__isnull=False)

    def heads(self) -> "DeliveryQuerySet":
        """Pending, with nothing open before them in their line."""
        earlier = Delivery.objects.open().filter(
            handler=models.OuterRef("handler"), stream=models.OuterRef("stream"), seq__lt=models.OuterRef("seq")
        )
        return self.pending().filter(~models.Exists(earlier))

    def ordered_queue(self, handler: str, stream: str) -> "DeliveryQuerySet":
        """What one handler has to do for one stream, in order."""
        return self.filter(handler=handler, stream=stream).order_by("seq")


class Delivery(models.Model):
    """That one handler is to see one event. The deliveries of a (handler, stream) form a *line*, handled in order."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=100)
    stream = models.CharField(max_length=100)
    seq = models.PositiveBigIntegerField()
    due_at = models.DateTimeField(help_text=_("not handled before (a timer, or back-off after a failure)"))
    notify_at = models.DateTimeField(help_text=_("when the relay rings for it next"))
    notifications = models.PositiveIntegerField(default=0, help_text=_("how often the relay rang for it"))
    starts = models.PositiveIntegerField(default=0, help_text=_("how often a worker began it after a second ring"))
    attempts = models.PositiveIntegerField(default=0, help_text=_("how often the handler failed"))
    claim = models.UUIDField(null=True, help_text=_("who runs it, for handlers with effects outside the database"))
    claimed_until = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    skipped = models.BooleanField(default=False, help_text=_("settled without a run: a newer event said it all"))
    dead_lettered_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="delivery_once")]
        indexes = [
            # Partial, so that what is settled costs nothing; `IS NULL` because SQLite cannot match parameters.
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
            # Was anything handled lately? (`status.stalled`)
            models.Index(
                fields=["acknowledged_at"], name="delivery_acknowledged", condition=Q(acknowledged_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handler} ← {self.stream} #{self.seq}"

    @property
    def state(self) -> str:
        """`done`, `superseded`, `parked` or `pending`."""
        if self.acknowledged_at:
            return "skipped" if self.skipped else "done"
        return "dead-lettered" if self.dead_lettered_at else "pending"


def new_epoch() -> str:
    """Eight characters that no other log has."""
    return secrets.token_hex(4)


class Log(models.Model):
    """The identity of this log (one row). A browser that resumes from another one takes a snapshot instead.

    Give it a new epoch after restoring a backup: sequence numbers that were handed out will be handed out again.
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
        """The epoch, made on first use."""
        with connection.cursor() as cursor:  # of every page with something live: not worth composing
            cursor.execute(f"SELECT epoch FROM {cls._meta.db_table} WHERE id = 1")  # noqa: S608 - a name of ours
            row = cursor.fetchone()
        return str(row[0]) if row else cls.objects.get_or_create(pk=1)[0].epoch

    _recent: ClassVar[tuple[float, str]] = (0.0, "")

    @classmethod
    def recent_epoch(cls, seconds: float = 1.0) -> str:
        """The epoch of so many seconds ago at most, for pages and pushes. Who is given one that is no more is sent a snapshot."""
        at, epoch = cls._recent
        if not epoch or time.monotonic() - at > seconds:
            epoch = cls.current_epoch()
            Log._recent = (time.monotonic(), epoch)
        return epoch
