"""The database, which holds the truth, and the caches, which hold nothing that may not be lost."""

import environ
from django.core.exceptions import ImproperlyConfigured

from shop.conf.backbone import REDIS_URL
from shop.conf.installation import DATA_DIR, PRODUCTION
from shop.lib import environment

_url = environment.text("DATABASE_URL")
if not _url and PRODUCTION:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. A production start needs postgres://user:password@host/name, "
        "or sqlite:////path/of/a/file for one machine: without it, each host would have a database of its own."
    )
_url = _url or f"sqlite:///{DATA_DIR / 'doorbell.sqlite3'}"
if _url.partition("://")[0] not in ("postgres", "postgresql", "sqlite"):
    raise ImproperlyConfigured("DATABASE_URL must start with postgres:// or sqlite:///.")
try:
    _db = environ.Env.db_url_config(_url)
except Exception as problem:
    raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {problem}.") from problem
if not _db.get("NAME") or _db["NAME"] == ":memory:":
    raise ImproperlyConfigured("DATABASE_URL must name a database: postgres://…/name or sqlite:////path/of/a/file.")
_db["CONN_HEALTH_CHECKS"] = False  # see events.db.connections: asked once a second, not with every request
_db["CONN_MAX_AGE"] = 600
# Prepared on their fifth use: composing and planning is a third of what a message costs. 0 for a pooler that cannot
# keep them apart (PgBouncer in transaction mode before 1.21).
_prepare = environment.number("DATABASE_PREPARE", 5, 0)
if _db["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction that reads and then writes waits its turn instead of failing at once.
    _db["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    # A cursor lives in one session, and a pooler in transaction mode lends another one for the next statement.
    _db["DISABLE_SERVER_SIDE_CURSORS"] = True
    # A host that vanished without a word is missed after five seconds, not after two hours: before the proxy gives up.
    _alive = {"keepalives": 1, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
    _prepared = {"server_side_binding": True, "prepare_threshold": _prepare} if _prepare > 0 else {}
    _db["OPTIONS"] = {"connect_timeout": 5, **_alive, "tcp_user_timeout": 5_000, **_prepared, **_db.get("OPTIONS", {})}
DATABASES = {"default": _db}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    # Shared by all processes: the counters of rate limits, and what is good for one use only.
    "default": {
        "BACKEND": "shop.lib.cache.SharedCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "doorbell.cache",
        "OPTIONS": {"serializer": "shop.lib.cache.JsonSerializer", "socket_connect_timeout": 1, "socket_timeout": 1},
    },
    # Parts of pages (`{% cache %}` looks for this name), in this process. Nobody is told of a change: what is kept here
    # is kept under what it was made from, or for a minute.
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "template_fragments",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
    # By content, so every sale makes another: few of them, or what nobody will ask for again fills the memory.
    "product_pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "product_pages",
        "OPTIONS": {"MAX_ENTRIES": 1000},
    },
}
