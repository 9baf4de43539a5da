"""The span of a request, and the subject of its log lines."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from opentelemetry.trace import SpanKind, Status, StatusCode

from events.lib import tracing


class TraceRequests:
    """Middleware: a span for each request. It continues the caller's `traceparent` if there is one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the request inside the span. The response names the trace in `X-Trace-Id`."""
        parent = request.headers.get("traceparent", "")
        with (
            tracing.span(f"{request.method}", parent, SpanKind.SERVER) as span,
            tracing.about(""),
        ):
            response = self.get_response(request)
            # By route, not by path: an order's reference, or a guest's token, is nobody's business there.
            route = request.resolver_match.route if request.resolver_match else ""
            span.update_name(f"{request.method} /{route}")
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= 500:
                span.set_status(Status(StatusCode.ERROR))
            response["X-Trace-Id"] = tracing.trace_id()
            return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """Add the order's ref to the log lines of a request about an order."""
        if ref := kwargs.get("ref"):
            tracing.subject.set(str(ref))
