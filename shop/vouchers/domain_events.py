"""What happens to the claim of a voucher."""

from events.log.types import DomainEvent, event


@event("voucher.claimed")
class VoucherClaimed(DomainEvent, frozen=True, kw_only=True):
    """An order uses a promotion. `promotion` is its id; its code is in no event."""

    promotion: int
    ref: str


@event("voucher.released")
class VoucherReleased(DomainEvent, frozen=True, kw_only=True):
    """The order was cancelled or expired: the promotion can be used once more."""

    promotion: int
    ref: str
