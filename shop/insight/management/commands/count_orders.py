"""`manage.py count_orders`: work out the figures of **Insight** anew from all orders."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.insight import counting


class Command(BaseCommand):
    """All orders, also those whose events were pruned. It may run while the shop sells, and be run again."""

    help = "Work out the figures of Insight anew from all orders, such as after a change of the time zone."

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for done in counting.count_all():
            self.stdout.write(f"\r{done}", ending="")
            self.stdout.flush()
        self.stdout.write(f"\rOrders counted: {done}.")
