"""Every setting of the site, from the environment. `docs/operations.md` explains them to an operator.

With no environment at all this is the *demo*: SQLite and an embedded Valkey under `DATA_DIR`, secrets
made on first start. As soon as `SECRET_KEY` or `DEBUG` is given, it is a real site, and what a
real site must have is demanded here, in one sentence each.
"""

import base64
import contextlib
import hashlib
import os
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()


def _bool(name: str, default: bool) -> bool:
    value = env.str(name, default="").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def _number(name: str, default: float, least: float) -> float:
    """A setting that is a number; whole if its default is."""
    value = env.str(name, default="").strip()
    try:
        number = type(default)(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {value}.")
    return number


DEBUG = _bool("DEBUG", False)
DEMO = _bool(
    "DEMO",
    default=not env.str("DEBUG", default="")
    and not env.str("SECRET_KEY", default="")
    and (not env.str("DATABASE_URL", default="") or (DATA_DIR / "demo").exists()),
)


def _kept_secret(name: str) -> str:
    """A random secret of this installation, made once and kept in `DATA_DIR` (demo and DEBUG only)."""
    path = DATA_DIR / name
    try:
        if not path.exists():
            DATA_DIR.mkdir(parents=True, exist_ok=True)
            fresh = DATA_DIR / f"{name}.{os.getpid()}"
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)  # the first of several processes wins, whole
            fresh.unlink()
        return path.read_text()
    except OSError as problem:
        raise ImproperlyConfigured(
            f"DATA_DIR {DATA_DIR} cannot be written: {problem.strerror}. Set DATA_DIR to a folder that can."
        ) from problem


SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not (DEMO or DEBUG):
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. A production start needs one (50 random characters or more); "
            "to try the shop with demo data, set DEMO=1."
        )
    SECRET_KEY = _kept_secret("secret_key")

EVENT_SIGNING_KEYS = env.str("EVENT_SIGNING_KEYS", default="")
if not EVENT_SIGNING_KEYS:
    if not (DEMO or DEBUG):
        raise ImproperlyConfigured(
            "EVENT_SIGNING_KEYS is not set. A production start signs its events: "
            "EVENT_SIGNING_KEYS=kid:base64 with 32 random bytes, comma-separated, the first one active."
        )
    _derived = hashlib.sha256(f"events:{SECRET_KEY}".encode()).digest()
    EVENT_SIGNING_KEYS = f"demo:{base64.b64encode(_derived).decode()}"
EVENT_ENCRYPTION_KEYS = env.str("EVENT_ENCRYPTION_KEYS", default="")

_site_address = DATA_DIR / "run" / "site.url"  # written by `manage.py serve`, for commands run beside it
SITE_URL = env.str("SITE_URL", default="") or (
    _site_address.read_text().strip() if _site_address.exists() else "http://127.0.0.1:8000"
)
SITE_URL = SITE_URL.rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# Origins that may open the live websocket; a browser always sends one. Same host as the page is always allowed.
LIVE_ORIGINS = env.list("LIVE_ORIGINS", default=[SITE_URL])
LIVE_BEAT_SECONDS = _number("LIVE_BEAT_SECONDS", 20.0, 0.1)
LIVE_STALL_SECONDS = _number("LIVE_STALL_SECONDS", 20.0, 0.1)
LIVE_RECHECK_SECONDS = _number("LIVE_RECHECK_SECONDS", 45.0, 0.1)
LIVE_SHUTDOWN_SECONDS = _number("LIVE_SHUTDOWN_SECONDS", 4.0, 0)
# In one web process; an address may be a whole office, a person have many tabs in browsers that cannot share a socket.
LIVE_PER_ADDRESS = _number("LIVE_PER_ADDRESS", 1000, 1)
# Of these, which stand for many, no such number is kept: behind a proxy let the server know its clients (daphne --proxy-headers).
LIVE_PROXIES = env.list("LIVE_PROXIES", default=["127.0.0.1", "::1"])
LIVE_PER_PERSON = _number("LIVE_PER_PERSON", 60, 1)
LIVE_CONNECT_RATE = _number("LIVE_CONNECT_RATE", 300.0, 0.1)
if SITE_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000

# -- Applications ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "modeltranslation",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "channels",
    "django_countries",
    "django_htmx",
    "djmoney",
    "treebeard",
    "csp",
    "events",
    "shop.accounts",
    "shop.catalog",
    "shop.cart",
    "orders",
    "orders.payments.gateways.test",
    "shop.demo",
    "shop",
]

MIDDLEWARE = [
    "shop.lib.tracing.TraceRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "shop.urls"
ASGI_APPLICATION = "shop.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "shop.lib.context.site",
                "shop.cart.context.cart_count",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
# Parts of pages, in this process: nothing here is shared. What is kept under what it was made from, or for a minute, has to be told of no change.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 5000}},
    # By content, so every sale makes another: few of them, or what nobody will ask for again fills the memory.
    "product_pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "product_pages",
        "OPTIONS": {"MAX_ENTRIES": 1000},
    },
}

# -- Database -------------------------------------------------------------------------------------

_database_url = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'doorbell.sqlite3'}"
try:
    DATABASES = {"default": environ.Env.db_url_config(_database_url)}
except Exception as problem:
    raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {problem}") from problem
_db = DATABASES["default"]
if not _db.get("ENGINE") or _db["ENGINE"] not in (
    "django.db.backends.sqlite3",
    "django.db.backends.postgresql",
):
    raise ImproperlyConfigured("DATABASE_URL must start with postgres:// or sqlite:///.")
_db["CONN_HEALTH_CHECKS"] = False  # see events.db.connections: asked once a second, not with every request
_db["CONN_MAX_AGE"] = 600
if _db["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction that reads and then writes waits its turn instead of failing at once.
    _db["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    # A host that vanished without a word is noticed in half a minute, not in two hours.
    alive = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
    # Prepared on their fifth use: composing and planning is a third of what a message costs. 0 for a pooler that cannot
    # keep them apart (PgBouncer in transaction mode before 1.21).
    _prepare = env.int("DATABASE_PREPARE", default=5)
    prepared = {"server_side_binding": True, "prepare_threshold": _prepare} if _prepare > 0 else {}
    _db["OPTIONS"] = {"connect_timeout": 5, **alive, "tcp_user_timeout": 30_000, **prepared, **_db.get("OPTIONS", {})}
# Requests that a web process answers at the same time, each by a thread with a database connection; the live layer has four more.
HTTP_THREADS = _number("HTTP_THREADS", 14, 1)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Broker and channel layer: hints only ---------------------------------------------------------

EMBEDDED_VALKEY = not env.str("REDIS_URL", default="")
_valkey_address = DATA_DIR / "run" / "valkey.url"
if not EMBEDDED_VALKEY:
    REDIS_URL = env.str("REDIS_URL")
elif _valkey_address.exists():
    REDIS_URL = _valkey_address.read_text().strip()  # written by `manage.py serve`
else:
    REDIS_URL = "redis://127.0.0.1:1/0"  # nothing runs yet; whoever needs it says so
BROKER_URL = env.str("BROKER_URL", default="") or REDIS_URL

CHANNEL_LAYERS = {
    "default": {
        # Not the core layer: see docs/live.md, "Why the pub/sub layer".
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "health_check_interval": 15}]},
    }
}

# Queues by purpose, so that slow mail never delays a push; each is split into that many partitions.
try:
    EVENT_QUEUES = {
        name: int(count)
        for name, count in (
            pair.split("=")
            for pair in env.list("EVENT_QUEUES", default=["live=1", "orders=1", "payments=1", "mail=1", "webhooks=1"])
        )
    }
except ValueError as problem:
    raise ImproperlyConfigured("EVENT_QUEUES must read name=partitions, comma-separated: live=1,mail=2.") from problem
EVENT_SOURCE = SITE_URL
EVENT_TITLE = "Doorbell events"  # of docs/asyncapi.json
EVENT_NOTIFY_LEASE = _number("EVENT_NOTIFY_LEASE", 2.0, 0.01)
EVENT_NOTIFY_LONGEST = _number("EVENT_NOTIFY_LONGEST", 30.0, 0.01)
EVENT_MAX_ATTEMPTS = _number("EVENT_MAX_ATTEMPTS", 8, 1)
EVENT_EXTERNAL_GIVE_UP_HOURS = _number("EVENT_EXTERNAL_GIVE_UP_HOURS", 24.0, 0)
EVENT_MAX_BYTES = _number("EVENT_MAX_BYTES", 262_144, 1024)
EVENT_MESSAGE_MAX_AGE = _number("EVENT_MESSAGE_MAX_AGE", 3600.0, 1)
EVENT_HANDLER_TIMEOUT = _number("EVENT_HANDLER_TIMEOUT", 60.0, 0.1)
EVENT_WORKER_MEMORY = _number("EVENT_WORKER_MEMORY", 1024, 0)

CELERY_BROKER_URL = BROKER_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# After a broken connection Celery would raise the count again with each message that ends – on a pool of threads from the thread where it
# ended, which then reads answers of the broker beside the one that reads all others: one of them waits for ever for what the other took.
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 2
# Seconds, on RabbitMQ. A worker whose broker goes in the tenth of a second after it connected is not told (`_quick_drain` in
# celery/worker/loops.py keeps that to itself): a second heartbeat that does not come is what makes it connect again. The default is two minutes.
CELERY_BROKER_HEARTBEAT = 10
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"confirm_publish": True}
    if BROKER_URL.startswith("amqp")
    else {
        # A hint that died with its worker is rung again by the relay when its lease ends, so that a copy in Redis of what a worker holds is not
        # needed; and putting those back on a broken connection is what ends a Celery worker (kombu: `restore_unacked` after the close).
        "ack_emulation": False,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 15,
        "global_keyprefix": "doorbell.",
    }
)
if not DEBUG and len(SECRET_KEY) < 20:
    raise ImproperlyConfigured("SECRET_KEY is too short: use 50 random characters or more.")

# -- People, language, money ----------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # unique by a constraint on the lower-cased address
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_REDIRECT_URL = "/orders/"
LOGIN_URL = "/accounts/login/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none" if DEMO else "mandatory"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Berlin")
USE_I18N = USE_TZ = True
USE_THOUSAND_SEPARATOR = False

DEFAULT_CURRENCY = env.str("CURRENCY", default="EUR")
CURRENCIES = (DEFAULT_CURRENCY,)
DEFAULT_COUNTRY = env.str("COUNTRY", default="DE")

BRAND = env.str("BRAND", default="Morrow & Finch")

# -- Mail -----------------------------------------------------------------------------------------

if env.str("EMAIL_URL", default=""):
    try:
        vars().update(environ.Env.email_url_config(env.str("EMAIL_URL")))
    except Exception as problem:
        raise ImproperlyConfigured(f"EMAIL_URL cannot be read: {problem}") from problem
elif DEMO:
    EMAIL_BACKEND = "shop.demo.mailbox.Backend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{BRAND} <shop@example.com>")

# -- Orders ---------------------------------------------------------------------------------------

# Web Push. The key (`vapid --gen`, private, base64url) is made from SECRET_KEY if it is not given.
WEBPUSH_KEY = env.str("WEBPUSH_KEY", default="")
WEBPUSH_CONTACT = env.str("WEBPUSH_CONTACT", default="shop@example.com")
WEBPUSH_HOSTS = env.list(
    "WEBPUSH_HOSTS",
    default=["fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"],
)
PAYMENT_GATEWAY = env.str("PAYMENT_GATEWAY", default="orders.payments.gateways.test.gateway.TestGateway")
PAYMENT_WINDOW_MINUTES = env.int("PAYMENT_WINDOW_MINUTES", default=30)

# -- Files ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 0 if (DEBUG or DEMO) else 300
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# -- Safety ---------------------------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_ENGINE = "shop.lib.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    # The admin theme evaluates Alpine expressions; it is for staff only.
    "EXCLUDE_URL_PREFIXES": ["/admin/"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    },
}

# -- Logs -----------------------------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="line")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT must be line or json, not {LOG_FORMAT!r}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # Every line says which order, event and trace it is about, if it is about one.
    "filters": {"context": {"()": "events.lib.tracing.Context"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s%(context)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s %(subject)s %(event_id)s %(trace_id)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger", "subject": "ref"},
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["context"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
    },
}

# -- Admin ----------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": BRAND,
    "SITE_HEADER": BRAND,
    "SITE_URL": "/",
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "250 244 240",
            "100": "244 229 220",
            "200": "233 204 187",
            "300": "220 170 145",
            "400": "208 135 104",
            "500": "193 106 76",
            "600": "172 84 57",
            "700": "143 67 47",
            "800": "117 57 43",
            "900": "97 50 39",
            "950": "52 24 18",
        },
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "shop.staff.navigation.navigation"},
}
