"""A small emitter of its own, so that these tests know of no orders: stock of one variant, counted up and down."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from events.delivery import registry
from events.delivery.registry import Handler
from events.models import Delivery, Event
from shop.catalog import stock
from tests.support.factories import VariantFactory


class Line:
    """One stream, and one handler registered for it during a test."""

    def __init__(self) -> None:
        self.variant = VariantFactory(stocked=0)
        self.variant.stock.refresh_from_db()
        self.stream = self.variant.stock.stream
        self.names: list[str] = []

    def emit(self, count: int = 1) -> None:
        for _ in range(count):
            current = stock.adjust(self.variant, self.variant.stock.on_hand).on_hand
            self.variant.stock = stock.adjust(self.variant, current + 1)

    def handle(self, function: Callable[[Any], Any], name: str = "probe", **options: Any) -> Handler:
        registry.handler("stock.changed", queue="orders", name=name, **options)(function)
        self.names.append(name)
        found = registry.get(name)
        assert found
        return found

    def deliveries(self, name: str = "probe") -> list[Delivery]:
        return list(Delivery.objects.filter(handler=name, stream=self.stream).order_by("seq"))

    def events(self) -> list[Event]:
        return list(Event.objects.filter(stream=self.stream).order_by("seq"))


@pytest.fixture
def line(db: None) -> Iterator[Line]:
    made = Line()
    yield made
    for name in made.names:
        registry.forget(name)


@pytest.fixture
def due_now() -> Callable[[], None]:
    """Let every back-off be over."""

    def pass_time() -> None:
        for delivery in Delivery.objects.filter(acknowledged_at=None):
            past = delivery.due_at - timedelta(hours=1)
            Delivery.objects.filter(pk=delivery.pk).update(due_at=past, notify_at=past)

    return pass_time
