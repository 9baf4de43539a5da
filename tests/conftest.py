"""Fixtures that the whole suite shares. Servers are real; each pytest worker has its own."""

import gc
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
import redis
from celery import current_app
from channels.layers import channel_layers
from django.conf import settings
from django.core.cache import cache, caches
from django.core.management import call_command
from django.db import connection
from django.test.signals import setting_changed
from django.utils import timezone, translation

from events.delivery import publisher, registry
from events.delivery.processing import process
from events.models import Delivery, Log
from shop.lib import kept_briefly
from shop.lib.cache import SharedCache
from tests.support import emptying, marks
from tests.support.node import node
from tests.support.servers import Shop, fixed_port, up, valkey, wait_until
from tests.support.templates import Template
from tools import machine


def pytest_collection_finish() -> None:
    """The garbage collector passes over what is imported by now, which stays: that saves 8 % of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session", autouse=True)
def redis_url() -> Iterator[str]:
    """A Valkey for this pytest worker, as broker and channel layer."""
    with valkey() as url:
        os.environ["REDIS_URL"] = os.environ["BROKER_URL"] = url
        settings.REDIS_URL = settings.BROKER_URL = url
        settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"] = [{"address": url}]
        settings.CACHES["default"]["LOCATION"] = url
        setting_changed.send(sender=None, setting="CACHES", value=settings.CACHES, enter=True)
        channel_layers.backends.clear()  # one may be there already, with the address of nobody
        current_app.conf.broker_url = url
        yield url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A database for each pytest worker."""


@pytest.fixture(scope="session")
def _template(django_db_modify_db_settings: None) -> Iterator[Template]:
    with closing(Template(connection)) as template:
        yield template


@pytest.fixture(scope="session")
def django_db_keepdb(_template: Template) -> bool:
    """What is copied from a template is not made again. `_made_database` drops it in the end."""
    return True


@pytest.fixture(scope="session", autouse=True)
def _made_database(
    _template: Template, django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest
) -> Iterator[None]:
    if _template.is_used:  # not where no test wants a database
        _template.keep()
    _template.close()
    yield
    if _template.is_used and not request.config.getoption("reuse_db"):
        with django_db_blocker.unblock():
            _template.free()
            connection.creation.destroy_test_db(_template.shops, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def _empty_database(_made_database: None, django_db_blocker: Any, request: pytest.FixtureRequest) -> None:
    """A database that was kept from the last run may have rows of a test that was killed."""
    if request.config.getoption("reuse_db"):
        with django_db_blocker.unblock():
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    with emptying.quickly():
        yield


@pytest.fixture(scope="session", autouse=True)
def _publisher_ends(_made_database: None) -> Iterator[None]:
    """Its thread has a connection; a test database with connections cannot be dropped."""
    yield
    publisher.close()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Before xdist reads the groups, and before `-m` selects."""
    marks.add_to(item)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After pytest-randomly has shuffled them."""
    marks.longest_first(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """xdist adds its group to the name of a test; `--last-failed` finds tests by their own names."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        report.nodeid = marks.without_group(report.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows what the shop's processes said."""
    report = yield
    if report.failed:
        report.sections += [("the shop's processes", said) for shop in Shop.every if (said := shop.report())]
    return report


@pytest.fixture(scope="session")
def kept_client(redis_url: str) -> redis.Redis:
    """A client of the session's Valkey that keeps its connection: it is asked before each test."""
    return redis.Redis.from_url(redis_url)


@pytest.fixture(autouse=True)
def _no_leftovers(kept_client: redis.Redis) -> Iterator[None]:
    """What a test leaves in this process is not there for the next."""
    SharedCache.away_until = 0.0
    for one in caches.all():
        (one.own if isinstance(one, SharedCache) else one).clear()
    if keys := list(kept_client.scan_iter(match=cache.make_key("*"), count=10_000)):
        kept_client.delete(*keys)
    Log._recent = (0.0, "")
    kept_briefly.forget_everything()
    yield
    # A request chooses a language for its thread; in the suite all requests have the same one.
    translation.deactivate()
    timezone.deactivate()


def database_url() -> str:
    """The test database's address, for other processes."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return f"postgres://{values['USER']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def environment(redis_url: str, **extra: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "BROKER_URL": redis_url,
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "AS_SHIPPED": "1",
        "SECRET_KEY": settings.SECRET_KEY,
        "EVENT_SIGNING_KEYS": settings.EVENT_SIGNING_KEYS,
        "DATA_DIR": str(settings.DATA_DIR),
        "ALLOWED_HOSTS": "*",
        **extra,
    }


class Site:
    """A whole shop – web, workers, relay – for many tests.

    It starts when first wanted, and stops while a test runs its own.
    """

    def __init__(self, redis_url: str) -> None:
        self.redis_url = redis_url
        self.shop: Shop | None = None
        self.url = ""

    def start(self) -> str:
        if self.shop is None:
            port = fixed_port()
            self.url = f"http://127.0.0.1:{port}"
            self.shop = Shop(environment(self.redis_url, SITE_URL=self.url))
            self.shop.web(port)
            self.shop.worker("events.live.0")
            self.shop.worker("events.orders.0,events.payments.0,events.mail.0,events.webhooks.0")
            self.shop.relay()
            up(self.url)
        return self.url

    def stop(self) -> None:
        if self.shop is not None:
            self.shop.stop()
            self.shop = None


@pytest.fixture(scope="session")
def running_site(django_db_setup: None, django_db_blocker: Any, _quick_flush: None, redis_url: str) -> Iterator[Site]:
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)  # what a shop reads at its start keeps its keys
    running = Site(redis_url)
    yield running
    running.stop()


@pytest.fixture
def shop(running_site: Site, transactional_db: None, redis_url: str) -> Iterator[Shop]:
    """The shop's processes, to be started by the test, on its database. Nobody else works on it meanwhile."""
    running_site.stop()
    redis.Redis.from_url(redis_url).flushall()
    running = Shop(environment(redis_url))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def site(running_site: Site, transactional_db: None, settings: Any) -> Iterator[str]:
    """The address of a running shop. What is left of this test's work is done before the next begins."""
    settings.SITE_URL = running_site.start()
    yield settings.SITE_URL
    soon = timezone.now() + timedelta(seconds=60)
    left = Delivery.objects.heads().filter(due_at__lt=soon)
    wait_until(lambda: not left.exists(), 30, "the shop to process what the test began")


# Playwright's own Node needs a library that a bare Debian 12 lacks; the pinned one does not.
os.environ["PLAYWRIGHT_NODEJS_PATH"] = node()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium: Playwright's cannot be downloaded everywhere. Where it can, it draws no window."""
    found = machine.headless_chromium()
    assert found, "Chromium is needed: `make test` installs it, or `python3 tools/machine.py chromium`"
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync"]
    return {
        **browser_type_launch_args,
        "executable_path": found,
        "args": quiet,
    }


@pytest.fixture(scope="session")
def whole_chromium(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How the Chromium starts that people have: the headless one has no notifications, no pages kept for **Back**."""
    return {**browser_type_launch_args, "executable_path": machine.chromium()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """An English desktop, unless a test says otherwise."""
    return {**browser_context_args, "locale": "en-GB", "viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def process_all() -> Callable[..., None]:
    """Handle what is due, as workers would, until nothing is left. `live` is left out unless asked for."""

    def run(*only: str) -> None:
        for _ in range(10):
            lines = {
                (d.handler, d.stream)
                for d in Delivery.objects.pending()
                if (d.handler in only if only else d.handler not in ("live", "orders.expire", "testgateway.webhook"))
            }
            handled = 0
            for name, stream in sorted(lines):
                handler = registry.get(name)
                assert handler
                handled += process(handler, stream)[0]
            if not handled:
                return

    return run


@pytest.fixture
def away(settings, monkeypatch) -> Iterator[SharedCache]:
    """The shared cache, whose Redis is away."""
    settings.CACHES = {
        **settings.CACHES,
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    cache = caches["default"]
    assert isinstance(cache, SharedCache)
    assert cache.server == "redis://127.0.0.1:1/0"
    cache.own.clear()
    yield cache
    cache.own.clear()
    SharedCache.away_until = 0.0
