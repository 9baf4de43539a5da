"""The manifest and the service worker: the shop can be installed, and order pages open without a network."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET


@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    """`/manifest.webmanifest` (https://www.w3.org/TR/appmanifest/)."""
    content = {
        "id": "/",
        "name": settings.BRAND,
        "short_name": settings.BRAND,
        "lang": get_language(),
        "start_url": "/orders/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf6ee",
        "theme_color": "#faf6ee",
        "icons": [
            {"src": static("brand/favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
            {"src": static("brand/icon-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": static("brand/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


@require_GET
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """`/service-worker.js`. It is at the root, because a service worker controls the addresses below its own."""
    found = finders.find("js/worker/service-worker.js")
    if not isinstance(found, str):
        raise Http404
    return HttpResponse(Path(found).read_bytes(), content_type="text/javascript")
