"""Workers at work lose their broker: in each, the thread that reads the broker's answers is still the only one
afterwards.

With two, each may take what the other waits for. On RabbitMQ the worker then stands still until it misses a heartbeat.
"""

import time

from kombu import Connection

from events.models import Delivery
from tests.conformance.test_queues import environment, layout
from tests.support.probe.counting import count
from tests.support.probe.models import Effect
from tests.support.servers import wait_until


def count_is_changed_while_consuming(broker):
    """Whether Celery, unless forbidden, lowers the prefetch count after a broken connection and raises it again.

    It does on RabbitMQ 3. Since RabbitMQ 4 the count of a running consumer cannot be changed, and Celery does not try.
    On Valkey the count is the client's own: nobody is asked.
    """
    with Connection(broker.url) as connection:
        return broker.kind == "rabbitmq" and not connection.qos_semantics_matches_spec


def test_after_a_broken_connection_one_thread_reads(farm, tmp_path, settings):
    settings.EVENT_QUEUES = layout(2)  # a queue for each worker

    def worker(queue, name, **extra):
        """It notes in `name` which threads ask the broker."""
        (tmp_path / name).touch()
        extra |= {"PROBE_MISBEHAVE": "linger", "PROBE_PREFETCHING": str(tmp_path / name), "EVENT_HANDLER_TIMEOUT": "60"}
        return farm.worker(queue, **environment(2), **extra)

    def from_the_pool(name):
        return "ThreadPoolExecutor" in (tmp_path / name).read_text()

    farm.relay(**environment(2))
    shipped = worker("events.mail.0", "as shipped")
    worker("events.mail.1", "guard off", PREFETCH_REDUCTION="1")
    for n in range(20):
        count(f"before{n}")
    at_work = Delivery.objects.filter(handler="probe.outside", claim__isnull=False)
    wait_until(lambda: at_work.count() == 6, 20, "three threads of both to be at work")
    time.sleep(0.3)  # a connection that is newer than a tenth of a second breaks without a sound
    farm.broker.restart_empty()
    for n in range(20):
        count(f"after{n}")
    done = Effect.objects.filter(pid=shipped.pid, stream__startswith="counter:after")
    wait_until(done.exists, 60, "the worker as shipped to go on")
    if count_is_changed_while_consuming(farm.broker):
        wait_until(lambda: from_the_pool("guard off"), 30, "a second reader where nothing guards")
    assert not from_the_pool("as shipped")
