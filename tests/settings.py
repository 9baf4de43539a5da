"""The site's settings, for the suite: a database file or server of its own, a Valkey of its own, quick passwords."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
_given = os.environ.get("DATA_DIR")
_scratch = Path(_given or tempfile.mkdtemp(prefix="doorbell-test-"))
if not _given:
    atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
if _worker and os.environ.get("DATA_DIR_OF") != _worker:
    # A pytest worker, not a process that it started: two of them must not read and delete each other's files.
    os.environ["DATA_DIR_OF"] = _worker
    _scratch /= _worker
    _scratch.mkdir(exist_ok=True)
os.environ["DATA_DIR"] = str(_scratch)
os.environ.setdefault("SECRET_KEY", "only-for-the-tests-" + "x" * 40)
os.environ.setdefault("EVENT_SIGNING_KEYS", "test:" + "A" * 43 + "=")
os.environ.setdefault("DEMO", "1")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in the thread of the tests
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")  # conftest starts one and says where

from shop.settings import *  # noqa: E402, F403
from shop.settings import DATABASES, INSTALLED_APPS, LOGGING  # noqa: E402

INSTALLED_APPS += ["tests.support.probe"]
ROOT_URLCONF = "tests.support.probe.urls"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
if "PREFETCH_REDUCTION" in os.environ:  # for a test that shows what the shop's setting is for
    CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = True
LOGGING["root"]["level"] = "ERROR"  # type: ignore[index]
WHITENOISE_AUTOREFRESH = "AS_SHIPPED" not in os.environ
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: several connections and other processes must see the same data.
    DATABASES["default"]["TEST"] = {"NAME": str(_scratch / "test.sqlite3")}
    if not os.environ.get("AS_SHIPPED"):  # the site under test keeps the setting it is shipped with
        DATABASES["default"]["OPTIONS"]["init_command"] = DATABASES["default"]["OPTIONS"]["init_command"].replace(
            "synchronous=FULL", "synchronous=OFF"
        )
