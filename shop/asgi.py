"""The ASGI entry point: HTTP goes to Django, the websocket `/live/` to the live layer."""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
os.environ.setdefault("DATABASE_MAX_AGE", "0")  # see settings

from django.core.asgi import get_asgi_application

http = get_asgi_application()  # loads the apps; what follows imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from events.live import daphne  # noqa: E402
from events.live.consumer import live, refuse  # noqa: E402
from shop.turns import a_few_at_a_time  # noqa: E402

daphne.prepare()

# Django's `path` is typed for views; here it finds ASGI applications.
sockets = URLRouter([path("live/", cast(Any, live)), path("<path:rest>", cast(Any, refuse))])

application = ProtocolTypeRouter({"http": a_few_at_a_time(http, int(settings.HTTP_THREADS)), "websocket": sockets})
