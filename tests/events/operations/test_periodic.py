"""Periodic tasks: each runs when it is due, once for all relays, and a failure stops no other."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import PeriodicRun
from events.operations import periodic
from events.operations.periodic import Task, run_due

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def tasks(monkeypatch):
    """The only tasks there are."""
    found = {}
    monkeypatch.setattr(periodic, "_tasks", found)

    def add(name, run, every=HOUR):
        found[name] = Task(name, every, run)

    return add


def test_a_task_runs_at_once_and_then_every_so_often(tasks):
    ran = []
    tasks("sweep", lambda: ran.append(1) or 3)
    assert run_due() == ["sweep"]
    assert run_due() == []
    PeriodicRun.objects.update(started_at=timezone.now() - HOUR)
    assert run_due() == ["sweep"]
    assert len(ran) == 2
    row = PeriodicRun.objects.get()
    assert (row.count, row.problem) == (3, "")
    assert row.ended_at


def test_a_task_that_fails_is_noted_and_the_others_run(tasks):
    tasks("a", lambda: 1 / 0)
    tasks("b", lambda: 2)
    assert run_due() == ["a", "b"]
    assert "ZeroDivisionError" in PeriodicRun.objects.get(name="a").problem
    assert PeriodicRun.objects.get(name="b").count == 2
    PeriodicRun.objects.update(started_at=timezone.now() - HOUR)
    tasks("a", lambda: 0)
    run_due()
    assert PeriodicRun.objects.get(name="a").problem == ""


def test_a_task_that_never_came_to_its_end_runs_again_when_it_is_due(tasks):
    tasks("sweep", lambda: 1)
    PeriodicRun.objects.create(name="sweep", started_at=timezone.now() - HOUR, ended_at=None)
    assert run_due() == ["sweep"]


@pytest.mark.parametrize("error", [periodic.OperationalError("away"), LookupError("of another kind")])
def test_the_clock_goes_on_after_an_error_and_stops_when_it_is_told_to(tasks, monkeypatch, error):
    stop, looks = threading.Event(), []

    def look():
        looks.append(1)
        if len(looks) == 2:
            stop.set()
        raise error

    monkeypatch.setattr(periodic, "run_due", look)
    monkeypatch.setattr(periodic, "LOOK", 0.01)
    monkeypatch.setattr(periodic.connection, "close", lambda: None)
    periodic.run(stop)
    assert len(looks) == 2
