"""Messages stay until a person has seen them: a page that a script asked for in the background shows them to nobody."""

from collections.abc import Callable

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse


class KeepMessages:
    """Middleware: what a script fetches leaves the messages for the next page that is opened.

    Pages ask for themselves again when a frame says that something moved, and take single parts of the answer. An
    answer to htmx is shown with its messages. Browsers say in `Sec-Fetch-Dest` and `Sec-Fetch-Mode` for what they ask;
    where one does not, messages go as Django has it. A service worker that passes a person's visit on keeps the mode
    alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        messages = get_messages(request)
        in_background = (
            request.headers.get("Sec-Fetch-Dest") == "empty" and request.headers.get("Sec-Fetch-Mode") != "navigate"
        )
        if in_background and "HX-Request" not in request.headers:
            messages.used = False  # type: ignore[union-attr] # MessageMiddleware is before this
        return response
