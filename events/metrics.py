"""Counters and timings of the backbone, for Prometheus."""

from prometheus_client import Counter, Histogram

_SECONDS = (0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1, 2, 5, 15, 60)

published = Counter("events_published", "Messages handed to the broker", ["handler"])
dropped = Counter("events_hints_dropped", "Hints not sent (line full or broker away); the relay rings again")
relayed = Counter("events_relayed", "Messages sent by the relay", ["handler"])
handled = Counter("events_handled", "Deliveries settled", ["handler"])
failed = Counter("events_failed", "Handler runs that raised", ["handler"])
parked = Counter("events_parked", "Lines parked", ["handler"])
refused = Counter("events_refused", "Envelopes that did not verify", ["where"])
handler_seconds = Histogram("events_handler_seconds", "Time in the handler", ["handler"], buckets=_SECONDS)
delay_seconds = Histogram("events_delay_seconds", "From the event to its handler's end", ["handler"], buckets=_SECONDS)
