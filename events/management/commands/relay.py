"""`manage.py relay`: notify workers of deliveries that are due. Run one or more beside the workers."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from events.db import idle_transactions
from events.delivery import relay
from events.lib import metrics_server
from events.operations import periodic


class Command(BaseCommand):
    """The relay process, which also runs the periodic tasks."""

    help = "Notify workers of deliveries that are due and not handled, and run the periodic tasks, until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        metrics_server.start()
        idle_transactions.bound(lambda: relay.LONGEST_CLAIM)
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        clock = threading.Thread(target=periodic.run, args=(stop,), name="periodic")
        clock.start()
        relay.run(stop)
        clock.join()
