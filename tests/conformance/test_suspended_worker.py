"""A worker that is suspended in its handler – a frozen machine – and wakes up after others have taken its work."""

import os
import signal
import time

import pytest
from django.db import connection

from events.delivery import watchdog
from events.models import Delivery
from tests.conformance.conftest import EVERY, ORDERS, OUTSIDE
from tests.support.probe.counting import count
from tests.support.probe.models import Effect
from tests.support.servers import wait_until


def stopped(process):
    with open(f"/proc/{process.pid}/stat") as source:
        return source.read().rsplit(")", 1)[1].split()[0] == "T"


@pytest.mark.parametrize("place", ["processing.before_handler", "probe.inside", "processing.after_handler"])
def test_after_the_lease_another_worker_runs_an_external_handler_and_the_first_acknowledges_nothing(
    farm, tmp_path, place
):
    flag = tmp_path / "stop"
    flag.touch()
    count("a")
    sleeper = farm.worker(OUTSIDE, EVENT_FAILPOINT=f"{place}@{flag}:stop")
    wait_until(lambda: not flag.exists() and stopped(sleeper), 30, "the worker to freeze")
    claim = Delivery.objects.get(handler="probe.outside").claim
    assert claim is not None
    farm.relay()
    other = farm.worker(EVERY)
    count("a")
    farm.wait_until_processed()
    first = Delivery.objects.filter(handler="probe.outside").order_by("seq").first()
    other.terminate()
    other.wait(10)
    os.kill(sleeper.pid, signal.SIGCONT)
    count("a")  # nobody but the sleeper can handle it: it is awake, and at work
    third = Effect.objects.filter(handler="probe.outside", seq=3)
    wait_until(lambda: third.exists() or sleeper.poll() is not None, 30, "the sleeper to wake up")
    if place == "probe.inside" and sleeper.poll() is not None:
        # It woke up inside its handler, after the time for that: its watchdog may be faster than its handler.
        assert sleeper.poll() == watchdog.EXIT_CODE
    else:
        assert third.get().pid == sleeper.pid
        wait_until(lambda: sleeper.terminate() or sleeper.poll() is not None, what="the sleeper to end")
    now = Delivery.objects.get(pk=first.pk)
    assert (now.acknowledged_at, now.claim, now.attempts) == (first.acknowledged_at, None, 0)
    farm.worker(EVERY)
    farm.wait_until_processed()
    assert farm.check() == {"counter:a": 3}


def test_in_a_transaction_its_work_is_another_s_or_its_own_but_never_both(farm, tmp_path):
    """PostgreSQL ends the sleeper's transaction, and another takes over; SQLite has one writer, and all wait for it."""
    flag = tmp_path / "stop"
    flag.touch()
    count("a")
    sleeper = farm.worker(ORDERS, EVENT_FAILPOINT=f"processing.after_handler@{flag}:stop")
    wait_until(lambda: not flag.exists() and stopped(sleeper), 30, "the worker to freeze")
    farm.relay()
    farm.worker(EVERY)
    if connection.vendor == "sqlite":
        time.sleep(3)  # they are up, and wait for the writer
        os.kill(sleeper.pid, signal.SIGCONT)
        farm.wait_until_processed()
    else:
        farm.wait_until_processed()
        os.kill(sleeper.pid, signal.SIGCONT)
    count("a")
    farm.wait_until_processed()
    assert farm.check() == {"counter:a": 2}
    first = Effect.objects.get(handler="probe.each", seq=1)
    assert (first.pid == sleeper.pid) == (connection.vendor == "sqlite")
