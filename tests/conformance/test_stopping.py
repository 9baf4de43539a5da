"""A process that is told to stop does so at once, whatever its broker: a rolling restart must not wait for timers."""

import time

import pytest

from tests.conformance.test_queues import every
from tests.support.probe.counting import count


@pytest.mark.parametrize("pool", ["threads", "solo", "prefork"])
def test_an_idle_worker_stops_when_it_is_told(farm, pool):
    farm.relay()
    worker = farm.worker(every(1), pool)
    count("c0")
    farm.drained()
    time.sleep(1)  # idle: it waits for messages now
    worker.terminate()
    assert worker.wait(3) == 0
