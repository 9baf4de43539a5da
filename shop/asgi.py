"""The ASGI entry point: HTTP goes to Django, the websocket `/live/` to the live layer."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()  # loads the apps; what follows imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from events.live.consumer import live, refuse  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter([path("live/", live), path("<path:rest>", refuse)]),
    }
)
