"""What is bought together with a product."""

from django.db.models import Count

from orders.models import OrderLine

NEWEST = 200
"""Orders of a product that are looked at: the newest."""
OFTEN = 2
"""Orders that must have both: what one person bought tells nobody anything."""
MOST = 4


def bought_with(product: int) -> list[int]:
    """The keys of the products that the newest orders have beside it, the most frequent first. Two queries."""
    newest = OrderLine.objects.filter(variant__product=product).order_by("-pk").values_list("order", flat=True)[:NEWEST]
    beside = OrderLine.objects.filter(order__in=list(newest)).exclude(variant=None).exclude(variant__product=product)
    counted = beside.order_by().values_list("variant__product").annotate(n=Count("order", distinct=True))
    often = counted.filter(n__gte=OFTEN).order_by("-n", "variant__product")[:MOST]
    return [key for key, _n in often]
