"""Messages stay until a person has seen them: a page that a script asked for in the background shows them to nobody."""

from collections.abc import Callable

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse


class KeepMessages:
    """Middleware: what a script of ours fetches leaves the messages for the next page that is opened.

    Such a script says `X-Asked-By: script`. It asks for its page again when a frame says that something moved, and
    takes single parts of the answer. What browsers themselves send tells it from nothing: in Firefox a visit that the
    service worker passes on looks the same.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("X-Asked-By") == "script":
            get_messages(request).used = False  # type: ignore[union-attr] # MessageMiddleware is before this
        return response
