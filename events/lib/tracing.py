"""Trace one event from the click to the browser: W3C trace context, with OpenTelemetry.

Every unit of work has a trace id and a span id, and every log line shows the trace id. The SDK records spans only when
they are exported: when OTEL_EXPORTER_OTLP_ENDPOINT is set, or other code has set a provider.
"""

import logging
import os
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import INVALID_SPAN, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("events")

subject: ContextVar[str] = ContextVar("subject", default="")
"""What the current work is about, such as the ref of an order. For log lines."""

event_id: ContextVar[str] = ContextVar("event_id", default="")
"""The id of the current event. For log lines."""


def configure() -> None:
    """Export spans if an endpoint is set. Call it once per process; an existing provider stays."""
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
    """The current span as a W3C `traceparent`, or ""."""
    if here := _here.get():
        return f"00-{here[0]}-{here[1]}-00"
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


def trace_id() -> str:
    """The id of the current trace, 32 hexadecimal digits, or ""."""
    if here := _here.get():
        return here[0]
    found = trace.get_current_span().get_span_context()
    return format(found.trace_id, "032x") if found.is_valid else ""


def span(
    name: str, parent: str = "", kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int
) -> AbstractContextManager[trace.Span]:
    """A span for the block. `parent` is a `traceparent`; by default the current span is the parent."""
    return _span(name, parent, kind, attributes) if _recorded() else _Unrecorded(parent)


@contextmanager
def _span(name: str, parent: str, kind: SpanKind, attributes: Mapping[str, str | int]) -> Iterator[trace.Span]:
    above = _propagator.extract({"traceparent": parent}) if parent else None
    with _tracer.start_as_current_span(name, above, kind, attributes) as opened:
        yield opened


_here: ContextVar[tuple[str, str] | None] = ContextVar("here", default=None)
"""Trace id and span id of the current work when spans are not recorded: 32 and 16 hexadecimal digits."""

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""https://www.w3.org/TR/trace-context/#traceparent-header"""


class _Unrecorded:
    """The ids of a span that nobody records.

    OpenTelemetry's own unrecorded span takes twice as long in an idle process.
    """

    def __init__(self, parent: str) -> None:
        self.parent = parent

    def __enter__(self) -> trace.Span:
        if self.parent:
            found = _TRACEPARENT.fullmatch(self.parent)
            above = found[1] if found else ""
        else:
            above = trace_id()  # may be of a span that other code opened
        self.token = _here.set((above or f"{random.getrandbits(128):032x}", f"{random.getrandbits(64):016x}"))
        return INVALID_SPAN

    def __exit__(self, *_: object) -> None:
        _here.reset(self.token)


@contextmanager
def about(what: str, event: str = "") -> Iterator[None]:
    """Add the subject and the event id to the log lines of this block."""
    tokens = subject.set(what), event_id.set(event)
    try:
        yield
    finally:
        subject.reset(tokens[0])
        event_id.reset(tokens[1])


class Context(logging.Filter):
    """Adds `trace_id`, `event_id`, `subject` and `context` (the three as text) to every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        found = {"ref": subject.get(), "event": event_id.get(), "trace": trace_id()}
        record.__dict__.update(subject=found["ref"], event_id=found["event"], trace_id=found["trace"])
        record.__dict__["context"] = "".join(f" {name}={value}" for name, value in found.items() if value)
        return True
