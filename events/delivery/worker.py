"""What a worker process has besides its tasks: a watchdog, bounds on its transactions, and a quick stop."""

import threading
from typing import Any

from celery.signals import (
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_shutdown,
    worker_shutting_down,
)

from events.db import idle_transactions
from events.db.connections import check
from events.delivery import fast_path, ordered_queue, watchdog
from events.lib import metrics_server, process_tuning
from events.lib.private_apis import worker_loop


@worker_init.connect
def _first_of_all(**_: Any) -> None:
    metrics_server.start()


@worker_init.connect
@worker_process_init.connect
def _started(**_: Any) -> None:
    process_tuning.apply()
    watchdog.start()
    fast_path.start()
    idle_transactions.bound(lambda: ordered_queue.lease().total_seconds())
    task_prerun.connect(_check_connections, dispatch_uid="events.delivery.worker")


@worker_shutting_down.connect
def _told_to_stop(**_: Any) -> None:
    """Wake the event loop. Python waits on after a signal, so an idle worker on RabbitMQ would only stop at its next
    timer, seconds later. Only a call from another thread wakes the loop."""
    if loop := worker_loop():
        threading.Thread(target=loop.call_soon, args=(bool,), daemon=True).start()


@worker_shutdown.connect
@worker_process_shutdown.connect
def _ending(**_: Any) -> None:
    fast_path.stop()


def _check_connections(**_: Any) -> None:
    check()
