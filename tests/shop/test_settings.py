"""The environment decides what is started.

A value that cannot work is refused with one sentence that names the setting.
"""

import importlib
import os
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from shop.lib import environment
from tests.support.production import PRODUCTION


@pytest.fixture
def settings_of(monkeypatch, tmp_path):
    """Evaluate `shop.settings` for an environment that consists of these variables alone."""

    def evaluate(**variables):
        for name in ALL:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"DATA_DIR": str(tmp_path), **variables}.items():
            monkeypatch.setenv(name, value)
        for name in [name for name in sys.modules if name == "shop.settings" or name.startswith("shop.conf")]:
            monkeypatch.delitem(sys.modules, name)
        hook = sys.excepthook
        try:
            return importlib.import_module("shop.settings")
        finally:
            sys.excepthook = hook
            for name in [name for name in sys.modules if name == "shop.settings" or name.startswith("shop.conf")]:
                del sys.modules[name]

    return evaluate


WRONG = {
    "DEBUG": ["perhaps"],
    "DEMO": ["maybe"],
    "DATA_DIR": ["/proc/nowhere"],
    "SECRET_KEY": ["", "short", "x" * 60, "django-insecure-" + "abcdefgh" * 8],
    "EVENT_SIGNING_KEYS": [""],
    "SITE_URL": [
        *("", "shop.example", "ftp://shop.example", "http://shop.example", "https://", "https://shop.example/sub/"),
        *(
            "https://shop.example?x=1",
            "https://me:secret@shop.example",
            "https://shop.example:99999",
            "https://sh op.example",
        ),
        *("https://[::1", "HTTP://SHOP.EXAMPLE"),
    ],
    "INSECURE_HTTP": ["2"],
    "ALLOWED_HOSTS": ["*", "https://shop.example", "shop.example:443", "shop.example/", "a b"],
    "TRUSTED_PROXIES": ["-1", "one", "1.5", "11"],
    "METRICS_TOKEN": ["short"],
    "DATABASE_URL": [
        "",
        "oracle://x/y",
        "nonsense",
        "postgres://db.example",
        "postgres://db.example/",
        "sqlite://:memory:",
    ],
    "DATABASE_PREPARE": ["x", "-1", "2.5"],
    "REDIS_URL": ["http://x", "foo://x", "redis://", "localhost:6379", "redis://host:many", "amqp://host"],
    "BROKER_URL": ["foo://x", "http://x", "amqp://", "memory://", "redis://host:99999"],
    "EMAIL_URL": ["", "nonsense", "foo://x", "smtp://", "smtp+tls://:587", "smtp://host:port"],
    "DEFAULT_FROM_EMAIL": ["nobody", "a@b@c", "<>"],
    "PAYMENT_GATEWAY": [""],
    "CARRIERS": ["AfterShip", "orders/shipping/carriers", "orders.shipping carriers"],
    "BANK_IBAN": ["DE02 1203 0000 0000 2020 52", "hello", "DE02"],
    "BANK_WINDOW_DAYS": ["abc", "0", "61", "1.5"],
    "STRIPE_CAPTURE": ["later", "AT_ONCE"],
    "STRIPE_URL": ["api.stripe.com", "https://api.stripe.com/v1"],
    "SECRET_KEY_FALLBACKS": ["short"],
    "STAFF_SECOND_FACTOR": ["perhaps"],
    "STAFF_SESSION_HOURS": ["0", "abc", "400"],
    "ORDERS_PER_HOUR": ["abc", "-1", "1.5"],
    "SEARCHES_PER_MINUTE": ["abc", "-1", "1.5"],
    "METRICS_PORT": ["-1", "70000", "http"],
    "POLLS_PER_MINUTE": ["abc", "-1", "1.5"],
    "CODES_PER_MINUTE": ["abc", "-1", "1.5"],
    "PAYMENT_WINDOW_MINUTES": ["abc", "0", "-5", "1.5"],
    "WEBPUSH_KEY": ["garbage", "AAAA", "A" * 43, "é"],
    "WEBPUSH_CONTACT": ["nobody"],
    "WEBPUSH_HOSTS": ["https://push.example"],
    "TIME_ZONE": ["Mars/Phobos", "../etc/passwd", "/etc/localtime", "Europe"],
    "CURRENCY": ["XXQ", "eur", "€"],
    "MORE_CURRENCIES": ["XXQ", "USD;CHF", "usd"],
    "COUNTRY": ["XX", "de", "Germany", "../de"],
    "LOG_LEVEL": ["LOUD", "info", "10"],
    "LOG_FORMAT": ["xml"],
    "EVENT_QUEUES": [
        "live",
        "live=many",
        "live=0",
        "live=-1",
        "live=1,live=2",
        "a b=1",
        "=1",
        "live=1.5",
        "live=1;mail=2",
    ],
    "EMAIL_TIMEOUT": ["0", "soon", "1.5"],
    "EVENT_NOTIFY_LEASE": ["x", "0", "nan", "inf"],
    "EVENT_NOTIFY_LONGEST": ["x", "0", "-inf"],
    "EVENT_MAX_ATTEMPTS": ["0", "1.5"],
    "EVENT_EXTERNAL_GIVE_UP_HOURS": ["-1", "a day"],
    "EVENT_MAX_BYTES": ["10", "x"],
    "EVENT_MESSAGE_MAX_AGE": ["0", "nan"],
    "EVENT_HANDLER_TIMEOUT": ["0", "x"],
    "EVENT_WORKER_MEMORY": ["-1", "x"],
    "HTTP_THREADS": ["0", "x", "1000000"],
    "LIVE_ORIGINS": ["shop.example", "https://a.example/path", "*"],
    "LIVE_PROXIES": ["http://10.0.0.1", "10.0.0.1:80"],
    "LIVE_PER_ADDRESS": ["0", "x"],
    "LIVE_MOST": ["1", "many"],
    "LIVE_PER_PERSON": ["0", "x"],
    "LIVE_BEAT_SECONDS": ["0", "nan"],
    "LIVE_STALL_SECONDS": ["0", "x"],
    "LIVE_RECHECK_SECONDS": ["0", "x"],
    "LIVE_SHUTDOWN_SECONDS": ["-1", "x"],
    "LIVE_CONNECT_RATE": ["0", "inf"],
    "PROMETHEUS_MULTIPROC_DIR": ["/proc/nowhere"],
}
# Any text will do, or the value is checked where it is used: see test_start_checks.py and tests/events.
ANYTHING = {"BRAND", "EVENT_ENCRYPTION_KEYS", "BANK_NAME", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}
ANYTHING |= {"AFTERSHIP_SECRET"}
ALL = {*WRONG, *ANYTHING}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_by_a_sentence_that_names_the_setting(settings_of, name, value):
    environment = {**PRODUCTION, name: value}
    if name == "DATA_DIR":  # production keeps its secrets in the environment
        environment = {name: value}
    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_of(**environment)
    said = str(refusal.value)
    assert name in said
    assert said.endswith(".")
    assert "\n" not in said


def test_every_setting_that_is_read_has_wrong_values_above(settings_of, monkeypatch):
    read = set()
    text = environment.text

    def recorded(name, default=""):
        read.add(name)
        return text(name, default)

    monkeypatch.setattr(environment, "text", recorded)
    settings_of(**PRODUCTION)
    assert read == ALL


def test_no_refusal_repeats_a_password(settings_of):
    for name, value in {
        "REDIS_URL": "rediss://:hunter2@/0",
        "BROKER_URL": "foo://me:hunter2@host",
        "DATABASE_URL": "postgres://me:hunter2@host",
        "EMAIL_URL": "smtp://me:hunter2@",
        "EVENT_QUEUES": "live",
    }.items():
        with pytest.raises(ImproperlyConfigured) as refusal:
            settings_of(**{**PRODUCTION, name: value})
        assert "hunter2" not in str(refusal.value)


def test_a_production_environment_is_accepted(settings_of):
    found = settings_of(**PRODUCTION)
    assert (found.DEMO, found.DEBUG, found.PRODUCTION) == (False, False, True)
    assert found.ALLOWED_HOSTS == ["shop.example"]
    assert found.SESSION_COOKIE_SECURE
    assert found.SECURE_SSL_REDIRECT


def test_an_intranet_may_do_without_tls_when_it_says_so(settings_of):
    found = settings_of(**{**PRODUCTION, "SITE_URL": "http://shop.intranet:8080", "INSECURE_HTTP": "1"})
    assert found.ALLOWED_HOSTS == ["shop.intranet"]
    assert not hasattr(found, "SESSION_COOKIE_SECURE")


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("https://shop.example", "shop.example"),
        ("HTTPS://Shop.Example/", "shop.example"),
        ("https://shop.example:8443", "shop.example"),
        ("https://[::1]:8443", "[::1]"),
        ("https://[::1]", "[::1]"),
        ("https://192.0.2.7", "192.0.2.7"),
    ],
)
def test_the_host_of_the_site_is_always_allowed(settings_of, site, host):
    assert [host] == settings_of(**{**PRODUCTION, "SITE_URL": site}).ALLOWED_HOSTS
    assert host in settings_of(**{**PRODUCTION, "SITE_URL": site, "ALLOWED_HOSTS": "other.example"}).ALLOWED_HOSTS


def test_with_nothing_set_it_is_the_demo(settings_of):
    found = settings_of()
    assert (found.DEMO, found.PRODUCTION) == (True, False)
    assert {"127.0.0.1", "localhost"} <= set(found.ALLOWED_HOSTS)


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"REDIS_URL"}))
def test_whatever_belongs_to_a_real_site_ends_the_demo(settings_of, tmp_path, name):
    (tmp_path / "demo").touch()  # what an older demo left
    with pytest.raises(ImproperlyConfigured):
        settings_of(**{name: PRODUCTION[name]})
    assert settings_of(**{name: PRODUCTION[name], "DEMO": "1"}).DEMO


def test_secrets_of_the_demo_are_made_once_and_readable_by_nobody_else(settings_of, tmp_path):
    first = settings_of().SECRET_KEY
    assert first == settings_of().SECRET_KEY
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert os.listdir(tmp_path) == ["secret_key"]
