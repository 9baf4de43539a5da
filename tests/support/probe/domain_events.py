from events.log.types import DomainEvent, event


@event("probe.counted")
class Counted(DomainEvent, frozen=True, kw_only=True):
    """The counter's value after it was counted up."""

    value: int
