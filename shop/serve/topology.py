"""The worker processes of a shop: one for each queue. `serve` starts them; `deploy/` has the same for several hosts.

Each queue has a purpose, and each purpose has a process with threads of its own. So four mails that wait for a mail
server that does not answer take the threads of the mail worker, and stock, refunds and payment webhooks go on.
"""

import sys
from dataclasses import dataclass

from django.conf import settings

from events.delivery import queues

THREADS = 4
LIVE = "live"


@dataclass(frozen=True)
class Worker:
    """One Celery worker process, for all partitions of one queue."""

    queue: str
    pool: str
    threads: int
    niceness: int
    """How far it stands back when there is not enough processor for all (`nice(2)`)."""

    @property
    def command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "celery", "--quiet", "-A", "shop", "worker", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("-n", f"{self.queue}@%h", "--pool", self.pool, "-c", str(self.threads)),
            *("-Q", ",".join(queues.names(self.queue))),
        ]


def workers() -> list[Worker]:
    """The workers for the queues of `EVENT_QUEUES`."""
    return [
        _live() if queue == LIVE else Worker(queue, "threads", THREADS, niceness=10) for queue in settings.EVENT_QUEUES
    ]


def _live() -> Worker:
    """Pushes come first for the processor: who watches an order should not wait for a mail.

    Its task publishes in the thread that receives, and acknowledges in another (`events.delivery.fast_path`): to hand a
    message over to a pool takes longer than to publish it. Not on RabbitMQ: there a worker without a pool is given the
    next message late, and makes 15 changes a second instead of 160.
    """
    return Worker(LIVE, "threads" if settings.BROKER_URL.startswith("amqp") else "solo", 2, niceness=0)
