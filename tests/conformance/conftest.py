"""What every backend must pass: SQLite with Valkey, PostgreSQL with RabbitMQ.

The database comes from DATABASE_URL, the broker from TEST_BROKER.
"""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from celery import current_app
from django.conf import settings as django_settings
from kombu import pools

from events.delivery import broker, publisher
from events.models import Delivery, Event
from events.operations import verification
from tests.support.brokers import Broker, chosen
from tests.support.probe.handlers import ALL
from tests.support.probe.models import Effect
from tests.support.servers import Shop, wait_until

# A handler may take three seconds: on a busy disk it waits for one until SQLite lets it write.
QUICK = {"EVENT_NOTIFY_LEASE": "0.3", "EVENT_NOTIFY_LONGEST": "1", "EVENT_HANDLER_TIMEOUT": "3"}


class Farm(Shop):
    """Workers and relays on the test's database and the chosen broker, impatient enough for a test."""

    broker: Broker

    def start_writer(self, code: str, **extra: str):
        """A process that emits and ends."""
        return self.start(
            "-c",
            f"import django; django.setup()\n{code}\nfrom events.delivery import publisher; publisher.flush()",
            **extra,
        )

    def wait_until_processed(self, seconds: float = 40) -> None:
        """Wait until the probes have nothing open."""
        mine = Delivery.objects.open().filter(handler__startswith="probe.")
        wait_until(lambda: not mine.exists(), seconds, "the ordered queues to be processed")

    def check(self) -> dict[str, int]:
        """Every event's effect once and in order, by every handler; nothing of what was rolled back. From the rows."""
        log: defaultdict[str, list[int]] = defaultdict(list)
        for stream, seq in (
            Event.objects.filter(stream__startswith="counter:").order_by("seq").values_list("stream", "seq")
        ):
            log[stream].append(seq)
        seen: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for handler, stream, seq in Effect.objects.order_by("pk").values_list("handler", "stream", "seq"):
            seen[handler, stream].append(seq)
        for stream, seqs in log.items():
            assert seqs == list(range(1, len(seqs) + 1))
            for handler in ALL:
                assert seen[handler, stream] == seqs, (handler, stream)
        assert {stream for _, stream in seen if stream.startswith("counter:")} <= set(log)
        assert list(verification.verify()) == []
        return {stream: len(seqs) for stream, seqs in log.items()}


def use_broker(url: str) -> None:
    """From now on this process publishes there."""
    publisher.close()
    broker.close()
    current_app.conf.broker_url = url
    pools.reset()  # forget every connection
    current_app._get_current_object()._after_fork()


@pytest.fixture(scope="session")
def broker_server() -> Iterator[Broker]:
    broker = Broker(chosen())
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def farm(shop, broker_server, redis_url, settings) -> Iterator[Farm]:
    running = Farm({**shop.environment, **QUICK, "BROKER_URL": broker_server.url})
    running.broker = broker_server
    for name, value in QUICK.items():
        setattr(settings, name, float(value))
    use_broker(broker_server.url)
    current_app.control.purge()
    try:
        yield running
    finally:
        running.stop()
        use_broker(redis_url)


@pytest.fixture
def no_wake_ups(monkeypatch) -> None:
    """The wake-up messages of this process are lost."""
    monkeypatch.setattr(publisher, "notify", lambda wake_ups: None)


ORDERS, BATCH, OUTSIDE, LATEST = (f"events.{q}.0" for q in ("orders", "payments", "mail", "webhooks"))
EVERY = ",".join((ORDERS, BATCH, OUTSIDE, LATEST))
assert django_settings.EVENT_QUEUES
