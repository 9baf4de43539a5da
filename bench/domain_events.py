"""An event that means nothing, for handlers that do nothing."""

from events.log.types import DomainEvent, event


@event("bench.happened")
class Happened(DomainEvent, frozen=True, kw_only=True):
    """As much as a counter's event carries."""

    value: int
