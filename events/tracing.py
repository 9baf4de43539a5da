"""Following one event from the click to the browser: W3C trace context, by OpenTelemetry.

Every piece of work has its trace and span id, so that every log line can say them. Spans are recorded, by the SDK, only where they are sent
somewhere: when OTEL_EXPORTER_OTLP_ENDPOINT (and its like, see the OpenTelemetry specification) is set, or another has set a provider up.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("events")
_ids = RandomIdGenerator()

subject: ContextVar[str] = ContextVar("subject", default="")
"""What the work at hand is about, such as an order's reference. For log lines."""

event_id: ContextVar[str] = ContextVar("event_id", default="")
"""The event at hand. For log lines."""


def configure() -> None:
    """Send spans if an endpoint is set. Once per process; a provider that is there already is left alone."""
    sent = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not sent or _recorded():
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", "doorbell")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def _recorded() -> bool:
    return isinstance(trace.get_tracer_provider(), TracerProvider)


def traceparent() -> str:
    """The current span as a W3C `traceparent`, or nothing."""
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


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
        if _recorded():
            with _tracer.start_as_current_span(name, kind=kind, attributes=attributes) as opened:
                yield opened
        else:
            with _unrecorded() as opened:
                yield opened
    finally:
        if token is not None:
            context.detach(token)


@contextmanager
def _unrecorded() -> Iterator[trace.Span]:
    """Its ids and nothing else: the SDK's own, told to drop everything, takes five times as long."""
    above = trace.get_current_span().get_span_context()
    trace_id = above.trace_id if above.is_valid else _ids.generate_trace_id()
    opened = NonRecordingSpan(SpanContext(trace_id, _ids.generate_span_id(), is_remote=False))
    token = context.attach(trace.set_span_in_context(opened))
    try:
        yield opened
    finally:
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
