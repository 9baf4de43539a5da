"""What the processes write to standard error."""

import logging

from shop.lib import environment

LOG_FORMAT = environment.one_of("LOG_FORMAT", "line", ("line", "json"))
LOG_LEVEL = environment.one_of(
    "LOG_LEVEL", "INFO", [name for name, value in logging.getLevelNamesMapping().items() if value]
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # Every line says which order, event and trace it is about, if it is about one.
    "filters": {"context": {"()": "events.lib.tracing.Context"}},
    "formatters": {
        "line": {
            "()": "shop.lib.logs.Line",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s%(context)s",
        },
        "json": {
            "()": "shop.lib.logs.Json",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s %(subject)s %(event_id)s %(trace_id)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger", "subject": "ref"},
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["context"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
    },
}
