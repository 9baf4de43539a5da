"""The functions that claim promotions for orders, and release them.

A limited promotion is claimed as stock is reserved: its row is locked, so that of two orders the second sees the first.
"""

from collections.abc import Collection

from django.db.models import Count, Q

from events.emission import atomic_or_fail
from shop.vouchers.domain_events import VoucherClaimed, VoucherReleased
from shop.vouchers.models import Claim, Promotion


class UsedUp(Exception):
    """Somebody was faster: a promotion cannot be used once more. `promotion` is its id."""

    def __init__(self, promotion: int) -> None:
        super().__init__(promotion)
        self.promotion = promotion


def shopper_key(email: str) -> str:
    """How a mail address is compared: however its letters were typed."""
    return email.strip().lower()


def uses(promotions: Collection[int], shopper: str) -> dict[int, tuple[int, int]]:
    """Promotion → how often it is claimed, in all and by this mail address. One query, none for no promotions."""
    if not promotions:
        return {}
    mine = Count("pk", filter=Q(shopper=shopper_key(shopper))) if shopper else Count("pk", filter=Q(pk=None))
    claimed = Claim.objects.filter(promotion__in=promotions, state=Claim.State.CLAIMED).order_by()
    rows = claimed.values_list("promotion").annotate(total=Count("pk"), own=mine)
    return dict.fromkeys(promotions, (0, 0)) | {key: (total, own) for key, total, own in rows}


def claim(promotions: Collection[int], ref: str, shopper: str) -> None:
    """The order `ref` uses these promotions. Raises `UsedUp`. Needs a transaction.

    What has neither a code nor a limit is not counted.
    """
    atomic_or_fail()
    if not promotions:
        return
    wanted = Promotion.objects.filter(pk__in=promotions).order_by("pk")
    counted = [promotion for promotion in wanted if promotion.limited or promotion.code]
    limited = [promotion.pk for promotion in counted if promotion.limited]
    locked = Promotion.objects.select_for_update().filter(pk__in=limited).order_by("pk")
    limits = {row.pk: row for row in locked} if limited else {}
    used = uses(limits, shopper)
    for key, row in limits.items():
        total, own = used[key]
        if (row.most_uses is not None and total >= row.most_uses) or (
            row.most_per_shopper is not None and own >= row.most_per_shopper
        ):
            raise UsedUp(key)
    for promotion in counted:
        made = Claim(promotion=promotion, ref=ref, shopper=shopper_key(shopper))
        made.record(VoucherClaimed(promotion=promotion.pk, ref=ref))
        made.save()


def release(ref: str) -> int:
    """What the order `ref` has claimed can be used by others. A repeat does nothing. Returns the number of claims."""
    atomic_or_fail()
    held = list(Claim.objects.select_for_update().filter(ref=ref, state=Claim.State.CLAIMED).order_by("pk"))
    for each in held:
        each.state = Claim.State.RELEASED
        each.record(VoucherReleased(promotion=each.promotion_id, ref=ref))
        each.save(update_fields=["state"])
    return len(held)
