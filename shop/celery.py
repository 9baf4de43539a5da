"""The Celery application. Its messages only wake workers; the work is in the database."""

import os
import sys
from collections.abc import Callable
from typing import Any

import django
from celery import Celery
from celery.signals import import_modules, worker_init
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")


# Celery logs what a receiver raises, with its stack, and goes on. So these end the process themselves, and the first is
# connected before the application is made, whose own receiver would load the apps.
@import_modules.connect
def _load_the_apps(**_: Any) -> None:
    if not apps.apps_ready:
        _or_refuse(django.setup)


@worker_init.connect
def _check_the_installation(**_: Any) -> None:
    from shop.serve import start_checks  # imports models: the apps are loaded by now

    _or_refuse(start_checks.for_a_process)


def _or_refuse(step: Callable[[], None]) -> None:
    try:
        step()
    except ImproperlyConfigured as problem:
        sys.exit(f"doorbell: {problem}")


app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery would close the database connection before and after every task; connecting costs more than the work.
# `events.delivery.worker` gives up those that are too old or broken.
app.conf.update(CELERY_DB_REUSE_MAX=1_000_000_000)
app.autodiscover_tasks(["events.delivery"])
