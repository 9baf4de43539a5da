"""`manage.py serve` starts, watches and stops web, worker, relay and, without REDIS_URL, a Valkey."""

import os
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from events.delivery import publisher
from shop.lib import environment
from shop.serve import preflight, topology
from shop.serve.supervisor import Process, Supervisor
from shop.serve.valkey import Embedded, address_file, command

BIN = Path(sys.executable).parent


class Command(BaseCommand):
    """The whole shop in one command."""

    help = "Run web, worker, relay and (without REDIS_URL) an embedded Valkey until Ctrl-C or SIGTERM."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=environment.number("PORT", 8000, 1, 65535))
        parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on (default: loopback only)")

    def handle(self, *args: Any, port: int, bind: str, **options: Any) -> None:
        if not 0 < port < 65536:
            raise CommandError("PORT must be between 1 and 65535.")
        try:
            preflight.check(port)
        except preflight.NotReady as problem:
            self.stderr.write(f"doorbell: {problem}")
            sys.exit(1)
        self.supervisor = Supervisor()
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, self._stop)
        try:
            if settings.EMBEDDED_VALKEY:
                self._start_valkey()
            self._prepare()
            self._start(bind, port)
            if self._wait_for(f"http://{bind}:{port}/healthz") and not self.supervisor.stopping:
                self._greet(bind, port)
            self.supervisor.watch()
        finally:
            self.supervisor.stop()
            if settings.EMBEDDED_VALKEY:
                address_file().unlink(missing_ok=True)
            (settings.DATA_DIR / "run" / "site.url").unlink(missing_ok=True)
        self.stdout.write("Stopped.")

    def _stop(self, *_: Any) -> None:
        self.supervisor.stopping = True

    def _prepare(self) -> None:
        """The schema, the texts, the demo's goods. Anything wrong here is wrong before the first request."""
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEMO:
            from shop.demo import content, orders, reviews

            if content.load():
                reviews.load()
                orders.load()
                self.stdout.write("The demo shop is set up.")
        publisher.flush()
        connections.close_all()

    def _start_valkey(self) -> None:
        valkey = Embedded()
        self.supervisor.add(Process("valkey", command(valkey.port, valkey.password), death_signal=signal.SIGKILL))
        if not valkey.wait():
            raise CommandError("The embedded Valkey did not start; see run/valkey.log in DATA_DIR.")
        valkey.announce()
        # This process read its settings before there was an address.
        current_app.conf.update(broker_url=valkey.url)

    def _start(self, bind: str, port: int) -> None:
        site = os.environ.get("SITE_URL") or f"http://{bind}:{port}"
        (settings.DATA_DIR / "run").mkdir(exist_ok=True)
        (settings.DATA_DIR / "run" / "site.url").write_text(site)
        counters = settings.DATA_DIR / "run" / "metrics"
        shutil.rmtree(counters, ignore_errors=True)
        counters.mkdir()
        environment = {
            "SITE_URL": site,
            # All processes count into one place, so that /metrics answers for all of them.
            "PROMETHEUS_MULTIPROC_DIR": str(counters),
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        if settings.DEMO:
            environment["DEMO"] = "1"
        for process in self._processes(bind, port):
            process.environment = environment
            self.supervisor.add(process)

    def _processes(self, bind: str, port: int) -> list[Process]:
        """What `docs/operations.md` tells to run on several hosts, on this one."""
        workers = [Process(f"{w.queue} worker", w.command, niceness=w.niceness) for w in topology.workers()]
        return [
            *workers,
            Process("relay", [sys.executable, "manage.py", "relay"]),
            Process(
                "web",
                [
                    *(str(BIN / "daphne"), "-b", bind, "-p", str(port)),
                    # 5 s, the default, collapses when thousands reconnect at once.
                    *("--websocket_connect_timeout", "30", "--application-close-timeout", "3"),
                    *("-v", "0", "shop.asgi:application"),
                ],
            ),
        ]

    def _wait_for(self, url: str, seconds: float = 30.0) -> bool:
        return wait_until(lambda: _answers(url) or self.supervisor.stopping, seconds)

    def _greet(self, bind: str, port: int) -> None:
        address = settings.SITE_URL if settings.PRODUCTION else f"http://{bind}:{port}"
        lines = ["", f"  {settings.BRAND} is open at {address}", ""]
        if settings.PRODUCTION:
            lines += [f"  It listens on http://{bind}:{port}. `manage.py doctor` tells whether it can sell.", ""]
        if settings.DEMO:
            lines += [
                "  Sign in with the password demo as",
                "    shopper@example.com   to buy and watch orders",
                "    staff@example.com     to pack and ship them in /admin/",
                "    admin@example.com     to run everything",
                "  Mail arrives at /demo/mail/. `manage.py simulate` lets others shop, too.",
                "",
            ]
        self.stdout.write("\n".join([*lines, "  Ctrl-C stops everything.", ""]))
        self.stdout.flush()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False
