"""How many requests the web processes answer, with what status and how fast, for Prometheus."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

responses = Counter("http_responses", "Responses, by the view and the status", ["view", "status"])
seconds = Histogram(
    "http_response_seconds",
    "From the request's last byte to the response",
    ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)


class CountResponses:
    """Middleware: counts and times each response under the name of its view; "" for an address that no view has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response of the site. Django has made one of an exception, too."""
        began = time.perf_counter()
        response = self.get_response(request)
        # The address itself would make a time series of each order, and of each guess.
        view = request.resolver_match.view_name if request.resolver_match else ""
        responses.labels(view, response.status_code).inc()
        seconds.labels(view).observe(time.perf_counter() - began)
        return response
