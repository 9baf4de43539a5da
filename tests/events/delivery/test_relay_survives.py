"""The relay goes on after an error, whatever it is: a relay that ends repairs nothing."""

import threading

import pytest
from django.db import OperationalError

from events.delivery import backoff, relay


@pytest.mark.parametrize("problem", [OperationalError("the database is away"), KeyError("a fault of ours")])
def test_after_an_error_it_looks_again(monkeypatch, problem):
    stop, looks = threading.Event(), []

    def claim():
        looks.append(1)
        if len(looks) == 1:
            raise problem
        stop.set()
        return []

    monkeypatch.setattr(relay, "claim", claim)
    monkeypatch.setattr(relay.dead_letters, "retry_understood", lambda: 0)
    monkeypatch.setattr(relay.process_tuning, "apply", lambda: None)
    monkeypatch.setattr(stop, "wait", lambda seconds: stop.is_set())
    relay.run(stop)
    assert len(looks) == 2


def test_wake_up_messages_for_the_same_delivery_become_rarer_up_to_a_bound():
    waits = [
        min(backoff.next_notification(n, base=2.0, cap=30.0).total_seconds() for _ in range(50)) for n in range(12)
    ]
    assert waits[0] < 2.6
    assert waits[3] > 10
    assert all(15 < wait <= 37.5 for wait in waits[5:])
