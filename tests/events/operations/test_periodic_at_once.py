"""Several relays look at the same moment: one of them runs the task."""

import time
from datetime import timedelta

import pytest

from events.operations import periodic
from events.operations.periodic import Task, run_due
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_of_several_relays_one_runs_the_task(monkeypatch):
    ran = []

    def work():
        ran.append(1)
        time.sleep(0.05)
        return 1

    monkeypatch.setattr(periodic, "_tasks", {"sweep": Task("sweep", timedelta(hours=1), work)})
    at_once(*[run_due] * 4)
    assert len(ran) == 1
