"""One handler of each kind, which writes its effects; CHAOS_FAIL=0.05 makes every twentieth run raise."""

import os
import random
import time
from contextlib import suppress

from django.db import IntegrityError, connection, transaction

from events.delivery.registry import handler
from events.lib.failpoints import reach
from tests.support.probe.models import Done, Effect

MISBEHAVE = os.environ.get("PROBE_MISBEHAVE", "")
FAIL = float(os.environ.get("CHAOS_FAIL", "0"))


def misbehave(event):
    """As badly as PROBE_MISBEHAVE says."""
    unlucky = event.stream.endswith("unlucky")
    if MISBEHAVE == "hang" and unlucky:
        time.sleep(600)
    if MISBEHAVE == "memory" and unlucky:
        hoard = [bytearray(50_000_000) for _ in range(12)]
        time.sleep(600)
        del hoard
    if MISBEHAVE == "exit" and unlucky:
        os._exit(9)
    if MISBEHAVE == "block":
        time.sleep(10)
    if MISBEHAVE == "linger":
        time.sleep(3)


def note(name, *events):
    leave(name, *events)
    falter()


def leave(name, *events):
    Effect.objects.bulk_create(
        Effect(handler=name, stream=e.stream, seq=e.sequence, pid=os.getpid(), key=e.idempotency_key) for e in events
    )


def falter():
    reach("probe.inside")
    if FAIL and random.random() < FAIL:
        raise RuntimeError("a fault that was asked for")


@handler("probe.counted", queue="orders", name="probe.each")
def each(event):
    misbehave(event)
    note("probe.each", event)


@handler("probe.counted", queue="payments", name="probe.batch", batch=20)
def batch(events):
    note("probe.batch", *events)


@handler("probe.counted", queue="mail", name="probe.outside", external=True)
def outside(event):
    assert not connection.in_atomic_block
    misbehave(event)
    # The other side: it has a store of its own, and keeps to the idempotency key.
    with suppress(IntegrityError), transaction.atomic():
        Done.objects.create(key=event.idempotency_key)
        leave("probe.outside", event)
    falter()


ALL = ("probe.each", "probe.batch", "probe.outside")
