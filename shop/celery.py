"""The Celery application. Its messages only wake workers; the work is in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery would close the database connection before and after every task; connecting costs more than the work. `events.delivery.worker`
# gives up those that are too old or broken.
app.conf.update(CELERY_DB_REUSE_MAX=1_000_000_000)
app.autodiscover_tasks(["events.delivery"])
