"""django-celery-outbox: `delay` writes a row, a relay sends it to the broker, a Celery worker runs it.

`celery -A bench.peers.celery_outbox worker` works, `python -m bench.peers.celery_outbox migrate | defer COUNT | relay`
does the rest.
"""

import os
import secrets
import sys

import django
from django.conf import settings
from environ import Env

if not settings.configured:
    settings.configure(
        SECRET_KEY=secrets.token_hex(),
        DATABASES={"default": Env.db_url_config(os.environ["DATABASE_URL"]) | {"CONN_MAX_AGE": 600}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django_celery_outbox"],
        CELERY_OUTBOX_APP="bench.peers.celery_outbox.app",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )

from django_celery_outbox import OutboxCelery

from bench.throughput import marks

app = OutboxCelery("outbox", broker=os.environ["BROKER_URL"])
app.conf.update(task_ignore_result=True, task_default_queue="outbox", worker_prefetch_multiplier=1)


@app.task(name="outbox.noop")
def noop(n: int) -> None:
    """Nothing, and a mark that it was done."""
    marks.leave(n)


if __name__ == "__main__":
    sys.modules["bench.peers.celery_outbox"] = sys.modules[__name__]
    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    if sys.argv[1] == "migrate":
        call_command("migrate", verbosity=0)
    elif sys.argv[1] == "defer":
        with transaction.atomic():
            for n in range(int(sys.argv[2])):
                noop.delay(n)
    else:
        import logging

        import structlog

        # It logs each message; to be silent is kind to it.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        call_command("celery_outbox_relay", *sys.argv[2:])
