"""Oscar as its documentation sets it up, for production: where there was a choice, the one that is faster for Oscar.

From the environment: `DATABASE_URL` and `BENCH_MEDIA`, a folder; `SECRET_KEY`, else sessions end with the process.
"""

import os
import secrets
from urllib.parse import unquote, urlsplit

import oscar
from oscar.defaults import *  # noqa: F403

SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(48)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "bench.shop.oscar.urls"
WSGI_APPLICATION = "bench.shop.oscar.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [*oscar.INSTALLED_APPS, "sorl.thumbnail"]
SITE_ID = 1

# Without the fallback to flat pages and without LocaleMiddleware: nothing here needs them.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,  # and so, since DEBUG is off, the cached loader
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ],
        },
    }
]

_at = urlsplit(os.environ["DATABASE_URL"])
# Threads that live on keep their connections. Under ASGI each request has a thread of its own: a connection kept there
# would never be used again, so `asgi.py` sets this to 0, and PostgreSQL gets a pool. The shop does the same.
_max_age = int(os.environ.get("DATABASE_MAX_AGE", "600"))
# Prepared on their fifth use, as in the shop.
_options = {"server_side_binding": True, "prepare_threshold": 5}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _at.hostname,
        "PORT": _at.port or 5432,
        "NAME": unquote(_at.path[1:]),
        "USER": unquote(_at.username or ""),
        "PASSWORD": unquote(_at.password or ""),
        "CONN_MAX_AGE": _max_age,
        "ATOMIC_REQUESTS": True,  # Oscar's documentation recommends it; and one commit is cheaper than many
        "OPTIONS": _options if _max_age else _options | {"pool": {"min_size": 2, "max_size": 20, "timeout": 10}},
    }
}

# Django's default, made to hold every thumbnail: with its 300 entries, Oscar would ask the database again and again.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}},
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTHENTICATION_BACKENDS = [
    "oscar.apps.customer.auth_backends.EmailBackend",
    "django.contrib.auth.backends.ModelBackend",
]

HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}

# Oscar sends its mail while the buyer waits; the shop's is sent by a worker. Here it is written, but goes nowhere.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]  # with more, each page would carry a form to choose one
TIME_ZONE = "Europe/Berlin"
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = os.environ["BENCH_MEDIA"]

OSCAR_SHOP_NAME = "Oscar"
OSCAR_DEFAULT_CURRENCY = "EUR"
OSCAR_ALLOW_ANON_CHECKOUT = True
OSCAR_INITIAL_ORDER_STATUS = OSCAR_INITIAL_LINE_STATUS = "Pending"
OSCAR_ORDER_STATUS_PIPELINE = {"Pending": ("Shipped", "Cancelled"), "Shipped": (), "Cancelled": ()}

# Nothing per request; what went wrong is said on stderr.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler", "level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": "ERROR"},
}
