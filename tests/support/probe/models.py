"""One row for each time an event was handled, without a unique key; and a small model that emits."""

from django.db import models
from django.utils import timezone

from events.emission import EmitsEvents


class Effect(models.Model):
    """That `handler` did its work for number `seq` of `stream`. Not unique on purpose."""

    handler = models.CharField(max_length=40)
    stream = models.CharField(max_length=100)
    seq = models.PositiveBigIntegerField()
    pid = models.IntegerField()
    key = models.CharField(max_length=100, default="")
    at = models.DateTimeField(default=timezone.now)


class Done(models.Model):
    """The other side's memory: an idempotency key that it has seen."""

    key = models.CharField(max_length=100, primary_key=True)


class Counter(EmitsEvents):
    """A number that is counted up, each time with an event."""

    guarded = frozenset({"value"})

    name = models.CharField(max_length=40, unique=True)
    value = models.IntegerField(default=0)

    @property
    def stream(self):
        return f"counter:{self.name}"
