"""Whether this installation is able to sell: one check for each thing that a sale needs."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import redis
from celery import current_app
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from events.models import PeriodicRun
from events.operations import periodic, rotation, status
from orders.models import DeliveryMethod
from orders.payments.gateways import base
from shop.accounts.models import User
from shop.catalog.models import Variant
from shop.markets import eu_rates
from shop.markets.models import TaxRate
from shop.pages.models import Kind, Page
from shop.serve import start_checks

WAIT = 3  # seconds for another server to answer
SKEW = 1.0  # seconds that two clocks may differ; leases are times
STALLED = 120.0  # seconds without progress in a queue that has something due
FREE = 500_000_000  # bytes


class State(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    WARNING = "warning"
    BAD = "failed"


@dataclass(frozen=True)
class Finding:
    """One row of the table."""

    name: str
    state: State
    words: str


class Problem(Exception):
    """A check failed; the message says what is wrong and what to do."""


class Warned(Exception):
    """The shop can sell, but somebody should look at this."""


def examine() -> Iterator[Finding]:
    """Run every check. One that needs the database is left out when the database is away."""
    database_is_there = True
    for name, check, needs_database in CHECKS:
        if needs_database and not database_is_there:
            yield Finding(name, State.BAD, "not checked: the database does not answer")
            continue
        finding = _run(name, check)
        if check is database and finding.state is State.BAD:
            database_is_there = False
        yield finding


def _run(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, State.GOOD, check())
    except Warned as warning:
        return Finding(name, State.WARNING, str(warning))
    except (Problem, ImproperlyConfigured) as problem:
        return Finding(name, State.BAD, str(problem))
    except Exception as problem:
        first = (str(problem).strip().splitlines() or [""])[0]
        return Finding(name, State.BAD, f"{type(problem).__name__}: {first}")


def configuration() -> str:
    """Django's own checks, those for a deployment included."""
    found = [m for m in checks.run_checks(include_deployment_checks=settings.PRODUCTION) if not m.is_silenced()]
    if serious := [m for m in found if m.level >= checks.ERROR]:
        raise Problem("; ".join(f"{m.id}: {m.msg}" for m in serious))
    if found:
        raise Warned("; ".join(f"{m.id}: {m.msg}" for m in found))
    kind = "production" if settings.PRODUCTION else "demo" if settings.DEMO else "development"
    return f"{kind}, {settings.SITE_URL}"


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return connection.vendor


def migrations() -> str:
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Problem(f"{len(plan)} are not applied: run `manage.py migrate`")
    return "all applied"


def layer() -> str:
    """The channel layer's Redis answers."""
    start_checks.valkey()
    _redis().ping()
    return "answers"


def broker() -> str:
    with current_app.connection_for_write() as link:
        link.ensure_connection(max_retries=1, timeout=WAIT, interval_start=0)
        return f"{link.transport.driver_type} answers"


def queues() -> str:
    """Every partition of every queue has a worker, and none has stopped making progress."""
    inspector = current_app.control.inspect(timeout=WAIT)
    heard = inspector.active_queues() or {}
    consumed = {queue["name"] for worker in heard.values() for queue in worker}
    wanted = {f"events.{name}.{number}" for name, count in settings.EVENT_QUEUES.items() for number in range(count)}
    if missing := sorted(wanted - consumed):
        raise Problem(f"no worker takes from {', '.join(missing)}: start one with `-Q {','.join(missing)}`")
    if stalled := status.stalled(STALLED):
        raise Problem(f"nothing was handled for {STALLED:.0f} s in {', '.join(sorted(stalled))}")
    if stopped := sum(count for _, _, count in status.backlog()):
        raise Warned(f"{stopped} deliveries failed for good: see `manage.py events dead-letters`")
    return f"{len(wanted)} partitions, {len(heard)} workers"


def mail() -> str:
    """The mail server takes a connection and the login. Nothing is sent."""
    link = get_connection()
    try:
        link.open()
    finally:
        link.close()
    return f"{type(link).__module__.rpartition('.')[0].rpartition('.')[2]} {getattr(link, 'host', '')}".strip()


def gateway() -> str:
    """It can be loaded and, in production, it moves money."""
    start_checks.gateway()
    return ", ".join(f"{each.name}{' (which moves no money)' if each.is_test else ''}" for each in base.every())


def keys() -> str:
    """Every key that an event was signed or encrypted with is in the settings."""
    uses = rotation.uses(())
    if missing := [use.kid for use in uses if use.role == "MISSING"]:
        raise Problem(f"events are kept under keys that are not in the settings: {', '.join(missing)}")
    return f"{len(uses)} in use"


def delivery_methods() -> str:
    """There is one to choose at checkout."""
    if not (count := DeliveryMethod.objects.filter(active=True).count()):
        raise Problem("none is active: run `manage.py first_steps`, or add one in the admin")
    return f"{count} offered"


def tax_rates() -> str:
    """The standard rates are those that the Commission publishes."""
    today = timezone.localdate()
    if not TaxRate.objects.filter(country=settings.DEFAULT_COUNTRY, first_day__lte=today).exists():
        raise Warned(f"none of {settings.DEFAULT_COUNTRY}: orders have no tax. See Tax rates in the admin")
    if others := list(eu_rates.differences(today)):
        raise Warned("; ".join(others))
    return f"{TaxRate.objects.values('country').distinct().count()} countries"


def pages() -> str:
    """The pages that a shop must have are published, in each language, with its own texts."""
    published = {page.kind: page for page in Page.objects.filter(published=True)}
    missing = [str(kind) for kind in Kind if kind not in (Kind.OTHER, *published)]
    samples = [page.kind for page in published.values() if page.is_sample]
    lacking = [f"{page.kind} ({', '.join(page.missing)})" for page in published.values() if page.missing]
    found = {"not published": missing, "still our sample text": samples, "lacks a language": lacking}
    if wrong := [f"{words}: {', '.join(kinds)}" for words, kinds in found.items() if kinds]:
        raise Warned(f"{'; '.join(wrong)}. See Pages in the admin")
    return f"{len(published)} published"


def goods() -> str:
    """There is something to buy."""
    if not (count := Variant.objects.filter(active=True, product__active=True, stock__on_hand__gt=0).count()):
        raise Warned("nothing is in stock: see `manage.py import_catalog`")
    return f"{count} variants in stock"


def people() -> str:
    """Somebody can sign in to the admin, and nobody can with a demo login."""
    start_checks.demo_login()
    if not User.objects.filter(is_superuser=True, is_active=True).exists():
        raise Warned("nobody may do everything in the admin: run `manage.py createsuperuser`")
    return "an admin can sign in"


def periodic_tasks() -> str:
    """What the shop does by itself was done, and did not fail."""
    runs = {run.name: run for run in PeriodicRun.objects.all()}
    for task in periodic.all_tasks():
        run = runs.get(task.name)
        if run is None or run.started_at is None:
            raise Warned(f"{task.name!r} has never run: does a relay run?")
        if run.problem:
            raise Warned(f"{task.name!r} failed at {run.started_at:%Y-%m-%d %H:%M} UTC: {run.problem}")
        if timezone.now() - run.started_at > 2 * task.every:
            raise Warned(f"{task.name!r} has not run since {run.started_at:%Y-%m-%d %H:%M} UTC: does a relay run?")
    return f"{len(runs)} run by the relays"


def clock() -> str:
    """This machine, the database and Redis agree on the time."""
    others: dict[str, float] = {}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            others["the database"] = float(cursor.fetchone()[0]) - time.time()
    try:
        seconds, micros = _redis().time()  # type: ignore[misc]
        others["Redis"] = float(seconds) + float(micros) / 1e6 - time.time()
    except redis.RedisError:
        pass  # `layer` tells of it
    for name, difference in others.items():
        if abs(difference) > SKEW:
            raise Problem(f"the clock of {name} differs by {difference:+.1f} s: run NTP on every host")
    return ", ".join(f"{name} {difference * 1000:+.0f} ms" for name, difference in others.items()) or "one machine"


def disk() -> str:
    """DATA_DIR has room."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < FREE:
        raise Problem(f"{free / 1e6:.0f} MB are free in {settings.DATA_DIR}: make room")
    return f"{free / 1e9:.1f} GB free in DATA_DIR"


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=WAIT, socket_connect_timeout=WAIT)


CHECKS: tuple[tuple[str, Callable[[], str], bool], ...] = (
    ("settings", configuration, False),
    ("database", database, False),
    ("migrations", migrations, True),
    ("channel layer", layer, False),
    ("broker", broker, False),
    ("queues", queues, True),
    ("mail", mail, False),
    ("payment gateway", gateway, False),
    ("keys", keys, True),
    ("delivery methods", delivery_methods, True),
    ("tax rates", tax_rates, True),
    ("pages", pages, True),
    ("goods", goods, True),
    ("people", people, True),
    ("periodic tasks", periodic_tasks, True),
    ("clock", clock, True),
    ("disk", disk, False),
)
