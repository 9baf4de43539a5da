"""The load is an open loop: when a change is due does not depend on how long the changes before it took."""

import time

import pytest

from bench.live.changes import Change, Made
from bench.live.produce import Producer, work

pytestmark = pytest.mark.slow


class Slow(Producer):
    """Takes so many seconds for each change."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.prepared = []

    def prepare(self, topics):
        self.prepared = list(topics)

    def change(self, topic):
        time.sleep(self.seconds)
        return 1, time.time(), time.time()


def made(rate, seconds, count, **job):
    found = work({"topics": ["t"] * count, "rate": rate, **job}, Slow(seconds))
    return Made(found["asked"], rate, [Change(*change) for change in found["changes"]])


def test_changes_are_due_at_even_gaps_however_slow_the_system_is():
    dues = [change.due for change in made(100, 0.03, 6).changes]
    gaps = [b - a for a, b in zip(dues, dues[1:], strict=False)]
    assert gaps == pytest.approx([0.01] * 5, abs=1e-4)


def test_a_latency_from_the_due_moment_has_the_delay_of_the_load_in_it():
    last = made(100, 0.03, 6).changes[-1]
    assert last.before - last.due >= 6 * 0.03 - 5 * 0.01


def test_a_rate_that_is_not_reached_is_seen():
    assert made(100, 0.03, 6).achieved <= 6 / 0.18  # six changes of 30 ms, one after the other


def test_a_rate_that_is_reached_is_seen():
    assert made(20, 0.001, 4).achieved == pytest.approx(20, rel=0.03)


def test_a_load_that_is_too_late_gives_up():
    found = made(1000, 0.02, 50, give_up=0.05)
    assert 0 < len(found.changes) < 10
    assert found.asked == 50


def test_what_changes_need_to_know_is_read_before_the_clock_runs():
    producer = Slow(0)
    work({"topics": ["a", "b"], "rate": 1000}, producer)
    assert producer.prepared == ["a", "b"]


def test_two_producers_do_not_change_in_the_same_instant():
    first = made(10, 0, 1).changes[0].due
    second = made(10, 0, 1, offset=0.05).changes[0].due
    assert second - first >= 0.05
