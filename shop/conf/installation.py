"""Which installation this is: demo, development or production; its folder, its secrets and its address.

With no environment at all this is the *demo*: SQLite and an embedded Valkey under `DATA_DIR`, secrets made on first
start. As soon as one of `_NOT_A_DEMO` is set, a demo has to be asked for with DEMO=1.
"""

import base64
import hashlib
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from shop.lib import environment, private_files

environment.report_in_one_sentence()
private_files.keep_from_others()

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(environment.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()

_NOT_A_DEMO = (
    *("DEBUG", "SECRET_KEY", "EVENT_SIGNING_KEYS", "EVENT_ENCRYPTION_KEYS", "DATABASE_URL"),
    *("SITE_URL", "ALLOWED_HOSTS", "EMAIL_URL", "PAYMENT_GATEWAY"),
)
DEBUG = environment.boolean("DEBUG")
DEMO = environment.boolean("DEMO", default=not any(map(environment.text, _NOT_A_DEMO)))
PRODUCTION = not (DEBUG or DEMO)

# -- Secrets --------------------------------------------------------------------------------------

SECRET_KEY = environment.text("SECRET_KEY")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. A production start needs one (50 random characters or more); "
            "to try the shop with demo data, set DEMO=1."
        )
    SECRET_KEY = environment.kept_secret(DATA_DIR, "secret_key")
elif PRODUCTION and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure-")):
    raise ImproperlyConfigured("SECRET_KEY is too short or too regular: use 50 random characters or more.")

# What former keys signed is still believed: sessions, access links, links to a new password.
SECRET_KEY_FALLBACKS = environment.listed("SECRET_KEY_FALLBACKS")
if PRODUCTION and any(len(former) < 50 for former in SECRET_KEY_FALLBACKS):
    raise ImproperlyConfigured("SECRET_KEY_FALLBACKS must be former secret keys, comma-separated; one is too short.")

EVENT_SIGNING_KEYS = environment.text("EVENT_SIGNING_KEYS")
if not EVENT_SIGNING_KEYS:
    if PRODUCTION:
        raise ImproperlyConfigured(
            "EVENT_SIGNING_KEYS is not set. A production start signs its events: "
            "EVENT_SIGNING_KEYS=kid:base64 with 32 random bytes, comma-separated, the first one active."
        )
    _derived = hashlib.sha256(f"events:{SECRET_KEY}".encode()).digest()
    EVENT_SIGNING_KEYS = f"demo:{base64.b64encode(_derived).decode()}"
EVENT_ENCRYPTION_KEYS = environment.text("EVENT_ENCRYPTION_KEYS")

# -- Address --------------------------------------------------------------------------------------

INSECURE_HTTP = environment.boolean("INSECURE_HTTP")
SITE_URL = environment.text("SITE_URL")
if SITE_URL:
    SITE_URL = environment.origin("SITE_URL", SITE_URL)
    if PRODUCTION and SITE_URL.startswith("http:") and not INSECURE_HTTP:
        raise ImproperlyConfigured(
            "SITE_URL must begin with https:// in production; for an intranet without TLS, set INSECURE_HTTP=1."
        )
elif PRODUCTION:
    raise ImproperlyConfigured(
        "SITE_URL is not set. A production start needs the address that people type, such as https://shop.example.com."
    )
else:
    _announced = DATA_DIR / "run" / "site.url"  # written by `manage.py serve`, for commands run beside it
    SITE_URL = _announced.read_text().strip() if _announced.exists() else "http://127.0.0.1:8000"
HTTPS = SITE_URL.startswith("https://")

_site_host = SITE_URL.partition("://")[2]
_site_host = _site_host if _site_host.endswith("]") else _site_host.rpartition(":")[0] or _site_host
_loopback = [] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS") or _loopback
if "*" in ALLOWED_HOSTS and PRODUCTION:
    raise ImproperlyConfigured("ALLOWED_HOSTS=* lets a visitor choose the shop's name: list the names instead.")
if not {_site_host, "*"} & set(ALLOWED_HOSTS):
    ALLOWED_HOSTS = [_site_host, *ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# How many proxies stand in front and append the address of their client to X-Forwarded-For: see shop.lib.addresses.
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0, 0, 10)
# With a token, /metrics and the details of /readyz are for those who send it; without one, for this machine.
METRICS_TOKEN = environment.text("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("METRICS_TOKEN is too short: use 16 random characters or more.")
# Where a worker or a relay answers /metrics to METRICS_TOKEN; 0 for nowhere.
METRICS_PORT = environment.number("METRICS_PORT", 0, 0, 65535)
