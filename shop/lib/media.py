"""Uploaded pictures. A web server in front does this better; without one, this does it safely."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET
from django.views.static import serve as serve_file


@require_GET
def serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of MEDIA_ROOT. An SVG opened by itself must not run scripts in our name."""
    response = serve_file(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["Cache-Control"] = "public, max-age=86400"
    return response
