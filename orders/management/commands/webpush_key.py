"""`manage.py webpush_key`: the key that browsers know this shop by, as `WEBPUSH_KEY` takes it."""

import base64
from typing import Any

from django.core.management.base import BaseCommand

from orders.notifications import webpush


class Command(BaseCommand):
    """Prints the private key of Web Push."""

    help = "Print the private key of Web Push that is in use, for WEBPUSH_KEY: before SECRET_KEY is changed."

    def handle(self, *args: Any, **options: Any) -> None:
        number = webpush.vapid().private_key.private_numbers().private_value
        self.stdout.write(base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode())
