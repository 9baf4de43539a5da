"""Oscar for gunicorn, for which it was written: `python -m gunicorn bench.shop.oscar.wsgi:application`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.shop.oscar.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
