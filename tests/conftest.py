"""Fixtures that the whole suite shares. Servers are real; each pytest worker has its own."""

import contextlib
import os
from datetime import timedelta
from collections.abc import Iterator

import httpx
import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from events.models import Delivery
from tests.support.servers import Shop, free_port, valkey, wait_until


@pytest.fixture(scope="session", autouse=True)
def redis_url() -> Iterator[str]:
    """A Valkey for this pytest worker, as broker and channel layer."""
    with valkey() as url:
        os.environ["REDIS_URL"] = os.environ["BROKER_URL"] = url
        settings.REDIS_URL = settings.BROKER_URL = url
        settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"] = [{"address": url}]
        current_app.conf.broker_url = url
        yield url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A database for each pytest worker."""


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    cache.clear()
    yield


@pytest.fixture(scope="session", autouse=True)
def _translations() -> None:
    from shop.serve import translations

    translations.compile_all()


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
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "EVENT_SIGNING_KEYS": settings.EVENT_SIGNING_KEYS,
        "DATA_DIR": str(settings.DATA_DIR),
        "ALLOWED_HOSTS": "*",
        **extra,
    }


@pytest.fixture
def shop(transactional_db: None, redis_url: str) -> Iterator[Shop]:
    """The shop's processes, to be started by the test, on its database."""
    running = Shop(environment(redis_url))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def running_site(django_db_setup: None, redis_url: str) -> Iterator[str]:
    """A whole shop – web, workers, relay – for all tests of this pytest worker; they share its database."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    running = Shop(environment(redis_url, SITE_URL=url))
    running.web(port)
    running.worker("events.live.0")
    running.worker("events.orders.0,events.payments.0,events.mail.0,events.webhooks.0")
    running.relay()

    def up() -> bool:
        try:
            return httpx.get(f"{url}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_until(up, 30, "the shop's web process")
        yield url
    finally:
        running.stop()


@pytest.fixture
def site(running_site: str, transactional_db: None) -> Iterator[str]:
    """The address of the running shop. What is left of this test's work is done before the next begins."""
    settings.SITE_URL = running_site
    yield running_site
    soon = timezone.now() + timedelta(seconds=60)
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not Delivery.objects.pending().filter(due_at__lt=soon).exists(), 5)
