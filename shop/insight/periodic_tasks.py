"""What the figures need every so often. Each task has its own name, so that one that fails stops no other."""

from datetime import timedelta

from events.operations.periodic import periodic
from shop.insight import begun_carts, counting, missed_searches

OFTEN = timedelta(minutes=10)
MOST = 5000  # orders that are counted in one go


@periodic("figures of orders", every=OFTEN)
def count_orders() -> int:
    """Orders that were never counted: those of before there were figures."""
    return counting.count_missing(MOST)


@periodic("figures of carts", every=OFTEN)
def count_carts() -> int:
    return begun_carts.count()


@periodic("figures of searches", every=OFTEN)
def count_searches() -> int:
    return missed_searches.count()


@periodic("old figures", every=timedelta(days=1))
def forget() -> int:
    """Words that were searched for and carts that began, long ago. Figures of orders are kept."""
    return missed_searches.forget() + begun_carts.forget()
