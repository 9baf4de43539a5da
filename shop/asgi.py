"""The ASGI entry point: HTTP goes to Django, the websocket `/live/` to the live layer."""

import os
from importlib import import_module
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

import django

django.setup()  # what follows imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from events.lib import process_tuning  # noqa: E402
from events.lib.private_apis import prepare_daphne  # noqa: E402
from events.live.consumer import live, refuse  # noqa: E402
from shop.lib.threads import InThreads  # noqa: E402
from shop.serve import start_checks  # noqa: E402

start_checks.for_a_process()
prepare_daphne()

# Django's `path` is typed for views; here it finds ASGI applications.
sockets = URLRouter([path("live/", cast(Any, live)), path("<path:rest>", cast(Any, refuse))])

http = InThreads(int(settings.HTTP_THREADS))

application = ProtocolTypeRouter({"http": http, "websocket": sockets})

import_module(settings.ROOT_URLCONF)  # the first request would do it, with somebody waiting
process_tuning.set_aside()
