"""Static files are sent compressed. Pages are not: a proxy may do that, knowing what else it sends."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXT = ("text/css", "text/javascript", "image/svg+xml", "text/html")


class CompressFiles(GZipMiddleware):
    """Middleware: gzip for files that are text. They are the same for everybody, so their length tells nothing."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress a whole file; a part of one (206) is sent as it is."""
        content_type = response.headers.get("Content-Type", "").partition(";")[0]
        of_a_file = request.path_info.startswith(("/static/", "/media/")) and content_type in TEXT
        return super().process_response(request, response) if of_a_file and response.status_code == 200 else response
