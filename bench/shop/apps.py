"""An app of its own: only these parts of the benchmark have payments and invoices follow an order."""

from django.apps import AppConfig


class BenchShopConfig(AppConfig):
    """Its handlers, or none at all."""

    name = "bench.shop"
    label = "bench_shop"

    def ready(self) -> None:
        """The variant that does everything inline has no handlers: nothing is delivered."""
        from bench.shop import steps
        from events.delivery import registry

        if steps.CHECKOUT == "inline":
            registry._handlers.clear()
            registry._by_type.clear()
