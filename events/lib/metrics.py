"""Counters and timings of the backbone, for Prometheus.

With PROMETHEUS_MULTIPROC_DIR set (as `manage.py serve` does) all processes of a host count into one set of files, and
any of them answers for all.
"""

from prometheus_client import Counter, Histogram

_SECONDS = (0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1, 2, 5, 15, 60)
_WHO = ["handler", "queue"]

emitted = Counter("events_emitted", "Events written to the log", ["type"])
published = Counter("events_published", "Messages handed to the broker", _WHO)
coalesced = Counter("events_wakeups_coalesced", "Wake-up messages left out because an earlier delivery is open", _WHO)
dropped = Counter(
    "events_wakeups_dropped", "Wake-up messages not sent (broker away, or too many waiting); the relay notifies later"
)
relayed = Counter("events_relayed", "Messages sent by the relay", _WHO)
handled = Counter("events_handled", "Deliveries acknowledged", _WHO)
runs = Counter("events_handler_runs", "Calls of a handler's function", _WHO)
failed = Counter("events_failed", "Handler runs that raised", _WHO)
dead_letters = Counter("events_dead_lettered", "Deliveries that became dead letters", _WHO)
refused = Counter(
    "events_refused", "Envelopes that did not verify: alert on any (where: message, stale, log, layer)", ["where"]
)
handler_seconds = Histogram("events_handler_seconds", "Time in the handler", _WHO, buckets=_SECONDS)
delay_seconds = Histogram("events_delay_seconds", "From the event to its handler's end", _WHO, buckets=_SECONDS)
closed = Counter("live_closed", "Websockets that the server closed, by close code", ["code"])
browser_seconds = Histogram("events_browser_seconds", "From the event to its frame at a websocket", buckets=_SECONDS)
