"""`manage.py leave_demo`: end the demo's logins, so that a production start is possible with this database."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from shop.accounts import demo_logins
from shop.demo.models import Letter


class Command(BaseCommand):
    """Logins and mailbox; goods and orders stay."""

    help = "Deactivate the demo's logins and empty its mailbox. Goods, delivery methods and orders stay."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        ended = demo_logins.remove()
        letters, _ = Letter.objects.all().delete()
        self.stdout.write(
            f"Deactivated: {', '.join(ended) or 'nobody; there is no demo login'}. Letters deleted: {letters}."
        )
        self.stdout.write("The demo's goods, delivery methods and orders are still there.")
