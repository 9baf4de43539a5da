"""Oscar for daphne and uvicorn: `python -m daphne bench.shop.oscar.asgi:application`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.shop.oscar.settings")
os.environ.setdefault("DATABASE_MAX_AGE", "0")  # see settings

from django.core.asgi import get_asgi_application

application = get_asgi_application()
