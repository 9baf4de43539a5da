"""The shops: ours in its variants, and Oscar; each starts its processes on the part's database, and says what it sells."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench import kit
from bench.shop import buyers
from tests.support.servers import free_port

PRODUCTS = 500


class Missing(Exception):
    """This machine cannot run it; the results say so."""


def database(name: str) -> str:
    """A further database on the part's server; its URL."""
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{base}/{name}"


class Shop:
    """A shop under way: its address, its products' pages, how one buys there."""

    title = ""
    buy: buyers.Purchase

    def __init__(self) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}/"
        self.products: list[str] = []
        self.running: list[subprocess.Popen[bytes]] = []

    def answers(self) -> None:
        """Wait until the web process does."""

        def there() -> bool:
            try:
                return httpx.get(self.base + self.products[0].lstrip("/"), timeout=5).status_code == 200
            except httpx.HTTPError:
                return False

        kit.wait(there, 40, 0.1, f"the start of {self.title}")

    def stop(self) -> None:
        kit.stop(self.running[::-1])


class Doorbell(Shop):
    """The shop as `serve` runs it: daphne, a worker for pushes, a worker for the rest, relay."""

    title = "Doorbell"
    variant = ""
    buy = staticmethod(buyers.purchase)

    def __init__(self, **environment: str) -> None:
        super().__init__()
        folder = tempfile.mkdtemp(prefix="doorbell-bench-shop-")
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "bench.shop.settings",
            "DATABASE_URL": database(f"doorbell_{secrets.token_hex(4)}"),
            "DATA_DIR": folder,
            "BENCH_CHECKOUT": self.variant,
            "SITE_URL": self.base.rstrip("/"),
            "DEMO": "0",
            # Each shop on the one Valkey rings for itself only.
            "REDIS_URL": os.environ["REDIS_URL"].rpartition("/")[0] + f"/{secrets.randbelow(14) + 1}",
        } | environment
        self.environment["BROKER_URL"] = self.environment["REDIS_URL"]
        prepare = [sys.executable, "-m", "bench.shop.prepare", str(PRODUCTS)]
        done = subprocess.run(
            prepare, cwd=kit.ROOT, env=os.environ | self.environment, stdout=subprocess.PIPE, check=True
        )
        self.products = json.loads(done.stdout.splitlines()[-1])["products"]

    def start(self) -> None:
        others = ",".join(f"events.{queue}.0" for queue in ("orders", "payments", "mail", "webhooks"))
        commands = (
            []
            if self.variant == "inline"
            else [
                kit.live_worker(),
                ["nice", "-n", "10", *kit.celery("shop", others, "work", 4)],
                [sys.executable, "manage.py", "relay"],
            ]
        )
        commands.append(kit.daphne("shop.asgi:application", self.port))
        self.running = [kit.start(*command, **self.environment) for command in commands]
        self.answers()

    def settled(self) -> int:
        """Deliveries that are open."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            found = connection.execute(
                "SELECT count(*) FROM events_delivery WHERE settled_at IS NULL AND due_at <= now()"
            ).fetchone()
        return int(found[0]) if found else 0


class Events(Doorbell):
    """Payment, invoice and mail follow the order's event."""

    title = "event-driven"
    variant = "events"


class Inline(Doorbell):
    """Payment, invoice and mail before the answer; no backbone runs."""

    title = "synchronous"
    variant = "inline"


class Oscar(Shop):
    """django-oscar, from PyPI, in an environment of its own: its pins are not ours."""

    title = "django-oscar (daphne)"
    HOME = kit.ROOT / "var" / "bench" / "oscar"

    def __init__(self) -> None:
        super().__init__()
        self.python = str(installed(self.HOME, Path(__file__).parent / "oscar" / "requirements.txt"))
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "bench.shop.oscar.settings",
            "DATABASE_URL": database(f"oscar_{secrets.token_hex(4)}"),
            "BENCH_MEDIA": tempfile.mkdtemp(prefix="doorbell-bench-oscar-"),
            "SECRET_KEY": secrets.token_urlsafe(40),
        }
        prepare = [self.python, "-m", "bench.shop.oscar.prepare", str(PRODUCTS)]
        done = subprocess.run(
            prepare, cwd=kit.ROOT, env=os.environ | self.environment, stdout=subprocess.PIPE, check=True
        )
        self.products = json.loads(done.stdout.splitlines()[-1])["products"]

    @property
    def buy(self) -> Any:  # type: ignore[override]
        from bench.shop.oscar.buyer import purchase

        return purchase

    def command(self) -> list[str]:
        return kit.daphne("bench.shop.oscar.asgi:application", self.port, self.python)

    def start(self) -> None:
        self.running = [kit.start(*self.command(), **self.environment)]
        self.answers()


class OscarGunicorn(Oscar):
    """The same under the server that most would give it: one process, as many threads as shoppers."""

    title = "django-oscar (gunicorn)"

    def command(self) -> list[str]:
        return [
            *(self.python, "-m", "gunicorn", "-b", f"127.0.0.1:{self.port}", "-w", "1", "-k", "gthread"),
            *("--threads", "8", "--log-level", "critical", "bench.shop.oscar.wsgi:application"),
        ]


def installed(home: Path, requirements: Path) -> Path:
    """The Python of an environment with these requirements; made once. Raises `Missing`."""
    python, stamp = home / "bin" / "python", home / ".installed"
    wanted = requirements.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    kit.say(f"  installing {requirements.parent.name} into {home}")
    venv.create(home, with_pip=True, clear=True)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
    if subprocess.run([str(part) for part in command], check=False, stdout=subprocess.DEVNULL).returncode:
        raise Missing("pip could not install it")
    stamp.write_text(wanted)
    return python


def quiet(shop: Doorbell) -> float:
    """Seconds until nothing is due any more."""
    started = time.perf_counter()
    kit.wait(lambda: shop.settled() == 0, 240, 0.2, "the backlog of the shop")
    return time.perf_counter() - started
