"""The only functions that change reviews: each keeps the product's rating right."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum

from orders.lifecycle import Status
from orders.models import Order, OrderLine
from shop.catalog.models import Product, Rating
from shop.reviews import reading
from shop.reviews.models import Review


class NotYours(Exception):
    """The line is not one that can be reviewed: its order has not arrived, or its product is gone."""


def line_of(order: Order, pk: int) -> OrderLine:
    """The line of a delivered order. Raises `NotYours`."""
    line = order.lines.select_related("variant__product", "review").filter(pk=pk).first()
    if line is None or line.variant is None or order.status != Status.DELIVERED or line.wanted <= 0:
        raise NotYours
    return line


def write(line: OrderLine, *, stars: int, text: str, name: str, language: str) -> Review:
    """Keep what the buyer says. It waits for staff, also when it is written anew."""
    assert line.variant is not None
    with _rated({line.variant.product_id}):
        values: dict[str, Any] = {"stars": stars, "text": text, "name": name, "language": language}
        values |= {"product": line.variant.product, "state": Review.State.WAITING}
        return Review.objects.update_or_create(line=line, defaults=values)[0]


def decide(reviews: Iterable[Review], state: Review.State) -> int:
    """Publish or refuse reviews. Returns how many changed."""
    chosen = list(reviews)
    with _rated({review.product_id for review in chosen}):
        moved = Review.objects.filter(pk__in=[review.pk for review in chosen]).exclude(state=state).update(state=state)
        reading.waiting_lately.forget()  # an update sends no signal
        return moved


def delete(reviews: Iterable[Review]) -> None:
    """Delete reviews, as their writer or staff wish."""
    chosen = list(reviews)
    with _rated({review.product_id for review in chosen}):
        Review.objects.filter(pk__in=[review.pk for review in chosen]).delete()


class _rated(transaction.Atomic):
    """A transaction that holds the lock of these products, and counts their published reviews anew at its end."""

    def __init__(self, products: Iterable[int]) -> None:
        super().__init__(using=None, savepoint=True, durable=False)
        self._products = sorted(products)

    def __enter__(self) -> None:
        super().__enter__()
        list(Product.objects.select_for_update().filter(pk__in=self._products).order_by("pk").values_list("pk"))

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        if exc_type is None:
            for product in self._products:
                published = Review.objects.filter(product=product, state=Review.State.PUBLISHED).order_by()
                found = published.aggregate(count=Count("pk"), total=Sum("stars"))
                values = {"count": found["count"], "total": found["total"] or 0}
                Rating.objects.update_or_create(product_id=product, defaults=values)
        super().__exit__(exc_type, exc_value, traceback)
