"""The shops: ours in its variants, and Oscar. Each starts its processes and says what it sells."""

import functools
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any, ClassVar

import httpx
import psycopg

from bench import kit
from bench.shop import buyers
from tests.support.servers import free_port

PRODUCTS = 500


class Missing(Exception):
    """This machine cannot run it; the results say so."""


def database(template: str = "template1") -> str:
    """A further database on the part's server, a copy of `template`; its name."""
    name = f"shop_{secrets.token_hex(4)}"
    with psycopg.connect(address("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


def address(name: str) -> str:
    """The URL of a database on the part's server."""
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


def filled(python: str, module: str, environment: dict[str, str]) -> tuple[str, list[str]]:
    """A database with a shop's goods, for `database` to copy; and its products' pages."""
    name = database()
    command = [python, "-m", module, str(PRODUCTS)]
    given = os.environ | environment | {"DATABASE_URL": address(name)}
    done = subprocess.run(command, cwd=kit.ROOT, env=given, stdout=subprocess.PIPE, check=True)
    return name, json.loads(done.stdout.splitlines()[-1])["products"]


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

        kit.wait(there, 90, 0.1, f"the start of {self.title}")

    def stop(self) -> None:
        kit.stop(self.running[::-1])


class Doorbell(Shop):
    """The shop as `serve` runs it: daphne, a worker for pushes, a worker for the rest, relay."""

    title = "Doorbell"
    variant = ""
    buy = staticmethod(buyers.purchase)
    # A production start refuses the test gateway and http.
    SETTINGS: ClassVar = {"DJANGO_SETTINGS_MODULE": "bench.shop.settings", "DEMO": "1"}

    def __init__(self, **environment: str) -> None:
        super().__init__()
        template, self.products = self.stocked()
        self.environment = (
            self.SETTINGS
            | {
                "DATABASE_URL": address(database(template)),
                "DATA_DIR": tempfile.mkdtemp(prefix="shop-", dir=os.environ["DATA_DIR"]),
                "BENCH_CHECKOUT": self.variant,
                "SITE_URL": self.base.rstrip("/"),
                # Each shop on the one Valkey has a database of its own.
                "REDIS_URL": os.environ["REDIS_URL"].rpartition("/")[0] + f"/{secrets.randbelow(14) + 1}",
            }
            | environment
        )
        self.environment["BROKER_URL"] = self.environment["REDIS_URL"]

    @staticmethod
    @functools.cache
    def stocked() -> tuple[str, list[str]]:
        """The goods, once for all variants."""
        return filled(sys.executable, "bench.shop.prepare", Doorbell.SETTINGS)

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

    def left(self) -> int:
        """Deliveries that are due."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            found = connection.execute(
                "SELECT count(*) FROM events_delivery WHERE acknowledged_at IS NULL AND due_at <= now()"
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
    # What is compiled as it is imported is kept, whatever the shell says of that.
    SETTINGS: ClassVar = {"DJANGO_SETTINGS_MODULE": "bench.shop.oscar.settings", "PYTHONDONTWRITEBYTECODE": ""}

    def __init__(self) -> None:
        super().__init__()
        self.python = str(installed(self.HOME, Path(__file__).parent / "oscar" / "requirements.txt"))
        template, media, self.products = self.stocked(self.python)
        self.environment = self.SETTINGS | {
            "DATABASE_URL": address(database(template)),
            "BENCH_MEDIA": media,
            "SECRET_KEY": secrets.token_urlsafe(40),
        }

    @staticmethod
    @functools.cache
    def stocked(python: str) -> tuple[str, str, list[str]]:
        """The goods and the folder of their pictures, once for both servers."""
        media = tempfile.mkdtemp(prefix="oscar-", dir=os.environ["DATA_DIR"])
        given = Oscar.SETTINGS | {"BENCH_MEDIA": media, "SECRET_KEY": secrets.token_urlsafe(40)}
        name, products = filled(python, "bench.shop.oscar.prepare", given)
        return name, media, products

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
    """The same under the server for which it was written: one process, as many threads as shoppers."""

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
    # Without compiling: what Oscar imports is compiled as it is imported, and that is a fraction of what is installed.
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["-r", requirements]
    if subprocess.run([str(part) for part in command], check=False, stdout=subprocess.DEVNULL).returncode:
        raise Missing("pip could not install it")
    stamp.write_text(wanted)
    return python


def quiet(shop: Doorbell) -> float:
    """Seconds until nothing is due any more."""
    started = time.perf_counter()
    kit.wait(lambda: shop.left() == 0, 240, 0.2, "the backlog of the shop")
    return time.perf_counter() - started
