"""Following one event from the click to the browser: W3C trace context, by OpenTelemetry.

Spans exist always, so that every log line can carry its trace; they leave the process only when
OTEL_EXPORTER_OTLP_ENDPOINT (and its like, see the OpenTelemetry specification) is set.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("events")

subject: ContextVar[str] = ContextVar("subject", default="")
"""What the work at hand is about, such as an order's reference. For log lines."""

event_id: ContextVar[str] = ContextVar("event_id", default="")
"""The event at hand. For log lines."""


def configure() -> None:
    """Make spans, and send them if an endpoint is set. Once per process; a provider that is there already is left alone."""
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    sent = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    provider = TracerProvider(
        resource=Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "doorbell")}),
        # Spans that nobody is sent have their ids, for the log, and record nothing: a third of the time.
        sampler=None if sent else ALWAYS_OFF,
    )
    if sent:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def traceparent() -> str:
    """The current span as a W3C `traceparent`, or nothing."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent", "")


def trace_id() -> str:
    """The current trace's id, 32 hexadecimal digits, or nothing."""
    found = trace.get_current_span().get_span_context()
    return format(found.trace_id, "032x") if found.is_valid else ""


@contextmanager
def span(
    name: str, parent: str = "", kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int
) -> Iterator[trace.Span]:
    """A span from here to the end of the block; `parent` is a `traceparent`, by default the current span."""
    token = context.attach(_propagator.extract({"traceparent": parent})) if parent else None
    try:
        with _tracer.start_as_current_span(name, kind=kind, attributes=attributes) as opened:
            yield opened
    finally:
        if token is not None:
            context.detach(token)


@contextmanager
def about(what: str, event: str = "") -> Iterator[None]:
    """Have log lines of this block say what they are about."""
    tokens = subject.set(what), event_id.set(event)
    try:
        yield
    finally:
        subject.reset(tokens[0])
        event_id.reset(tokens[1])


class Context(logging.Filter):
    """Gives every record `trace_id`, `event_id` and `subject`, and `context`: the three in words, for a line of text."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        found = {"ref": subject.get(), "event": event_id.get(), "trace": trace_id()}
        record.__dict__.update(subject=found["ref"], event_id=found["event"], trace_id=found["trace"])
        record.__dict__["context"] = "".join(f" {name}={value}" for name, value in found.items() if value)
        return True
