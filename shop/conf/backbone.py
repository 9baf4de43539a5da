"""Broker, channel layer, queues and workers.

What travels through them are wake-up messages; the truth is in the database.
"""

import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from shop.conf.installation import DATA_DIR, SITE_URL
from shop.lib import environment

EMBEDDED_VALKEY = not environment.text("REDIS_URL")
VALKEY_ADDRESS = DATA_DIR / "run" / "valkey.url"  # written by `manage.py serve`
if not EMBEDDED_VALKEY:
    REDIS_URL = environment.server("REDIS_URL", environment.text("REDIS_URL"), ("redis", "rediss", "unix"))
elif VALKEY_ADDRESS.exists():
    REDIS_URL = VALKEY_ADDRESS.read_text().strip()
else:
    REDIS_URL = "redis://127.0.0.1:1/0"  # nothing runs yet; whoever needs it says so
BROKER_URL = environment.text("BROKER_URL")
if BROKER_URL:
    environment.server("BROKER_URL", BROKER_URL, ("redis", "rediss", "amqp", "amqps"))
BROKER_URL = BROKER_URL or REDIS_URL

CHANNEL_LAYERS = {
    "default": {
        # Not the core layer: see docs/live.md, "Why the pub/sub layer".
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "health_check_interval": 15}]},
    }
}


def _queues() -> dict[str, int]:
    pairs = environment.listed("EVENT_QUEUES", ("live=1", "orders=1", "payments=1", "mail=1", "webhooks=1"))
    found: dict[str, int] = {}
    for pair in pairs:
        name, _, count = (part.strip() for part in pair.partition("="))
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not re.fullmatch(r"[1-9][0-9]{0,3}", count) or name in found:
            raise ImproperlyConfigured(
                f"EVENT_QUEUES must read name=partitions, comma-separated, such as live=1,mail=2; not {pair!r}."
            )
        found[name] = int(count)
    return found


# Queues by purpose, so that slow mail never delays a push; each is split into that many partitions.
EVENT_QUEUES = _queues()
EVENT_SOURCE = SITE_URL
EVENT_TITLE = "Doorbell events"  # of docs/asyncapi.json
EVENT_NOTIFY_LEASE = environment.number("EVENT_NOTIFY_LEASE", 2.0, 0.01)
EVENT_NOTIFY_LONGEST = environment.number("EVENT_NOTIFY_LONGEST", 30.0, 0.01)
EVENT_MAX_ATTEMPTS = environment.number("EVENT_MAX_ATTEMPTS", 8, 1)
EVENT_EXTERNAL_GIVE_UP_HOURS = environment.number("EVENT_EXTERNAL_GIVE_UP_HOURS", 24.0, 0)
EVENT_MAX_BYTES = environment.number("EVENT_MAX_BYTES", 262_144, 1024)
EVENT_MESSAGE_MAX_AGE = environment.number("EVENT_MESSAGE_MAX_AGE", 3600.0, 1)
EVENT_HANDLER_TIMEOUT = environment.number("EVENT_HANDLER_TIMEOUT", 60.0, 0.1)
EVENT_WORKER_MEMORY = environment.number("EVENT_WORKER_MEMORY", 1024, 0)

CELERY_BROKER_URL = BROKER_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# After a broken connection Celery would raise the prefetch count again with each finished task. With a pool of threads
# it does that in the task's thread, which then reads the broker's answers beside the worker's own thread. One of the
# two takes the other's answer, and the other waits for ever.
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 2
# Seconds, on RabbitMQ. When the broker ends within a tenth of a second of the connection, Celery hides that from the
# worker. The worker connects again when it misses its second heartbeat. Celery's default is two minutes.
CELERY_BROKER_HEARTBEAT = 10
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"confirm_publish": True}
    if BROKER_URL.startswith("amqp")
    else {
        # No copy in Redis of the messages that a worker holds: the relay notifies again after a dead worker. Putting
        # the copies back on a broken connection ends a Celery worker (kombu: `restore_unacked` after the close).
        "ack_emulation": False,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 15,
        "global_keyprefix": "doorbell.",
    }
)

# Counters of all processes of a host. prometheus_client fails at its first counter if the folder is missing.
if _folder := environment.text("PROMETHEUS_MULTIPROC_DIR"):
    try:
        Path(_folder).mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ImproperlyConfigured(f"PROMETHEUS_MULTIPROC_DIR cannot be made: {problem.strerror}.") from problem
