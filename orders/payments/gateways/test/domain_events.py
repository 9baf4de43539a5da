"""What happens at the test gateway."""

from events.log.types import DomainEvent, event


@event("testgateway.confirming")
class Confirming(DomainEvent, frozen=True, kw_only=True):
    """The bank asks the shopper to confirm."""


@event("testgateway.settled")
class SessionEnded(DomainEvent, frozen=True, kw_only=True):
    """A session ended; the shop is to be told. `minor` is the amount in minor units."""

    session: str
    result: str
    minor: int
    currency: str
    webhook_url: str
    detail: str = ""
