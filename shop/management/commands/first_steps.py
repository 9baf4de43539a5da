"""`manage.py first_steps`: what an empty installation needs before it can sell."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from djmoney.money import Money

from orders.models import DeliveryMethod
from shop.accounts.models import User
from shop.catalog.models import Product
from shop.lib.typed_money import AmountReader, NotAnAmount
from shop.markets import eu_rates
from shop.pages import seeding
from shop.pricing.tax import EU
from shop.staff.roles import create_roles


class Command(BaseCommand):
    """Asks nothing, and changes nothing that is there already."""

    help = "Make the staff's roles and, if there is none, a first delivery method; then say what is left to do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delivery", default="Standard parcel", help="its title")
        parser.add_argument("--delivery-zh", default="标准快递", help="its title in Chinese")
        parser.add_argument("--carrier", default="Parcel service", help="who carries it")
        parser.add_argument("--price", default="4.90", help="what it costs, in the shop's currency")

    @transaction.atomic
    def handle(self, *args: Any, delivery: str, delivery_zh: str, carrier: str, price: str, **options: Any) -> None:
        """Make what is missing; say what was made and what is left."""
        create_roles()
        self.stdout.write("Roles: Catalogue, Fulfilment, Support, Manager.")
        if DeliveryMethod.objects.filter(active=True).exists():
            self.stdout.write("Delivery methods: there is one already.")
        else:
            self._delivery_method(delivery, delivery_zh, carrier, price)
        if settings.DEFAULT_COUNTRY in EU and (made := eu_rates.seed(timezone.localdate())):
            self.stdout.write(f"Tax rates: {made} of the European Union. See the admin, under Tax rates.")
            if rates := eu_rates.unclear(settings.DEFAULT_COUNTRY):
                known = ", ".join(f"{rate:f} %" for rate in rates)
                self.stdout.write(
                    f"  {settings.DEFAULT_COUNTRY} has several reduced rates ({known}): add those you need."
                )
        if drafts := seeding.seed(published=False):
            self.stdout.write(f"Pages: drafts with sample texts ({', '.join(drafts)}). Replace them and publish them.")
        if not User.objects.filter(is_superuser=True, is_active=True).exists():
            self.stdout.write("Next: `manage.py createsuperuser` makes the first login for /admin/.")
        if not Product.objects.exists():
            self.stdout.write("Next: `manage.py import_catalog FILE.csv` brings products, or add them in the admin.")
        self.stdout.write("Then: `manage.py doctor` tells whether this installation can sell.")

    def _delivery_method(self, title: str, title_zh: str, carrier: str, price: str) -> None:
        try:
            amount = AmountReader(settings.DEFAULT_CURRENCY).read(price)
        except NotAnAmount as problem:
            raise CommandError(f"--price must be an amount such as 4.90, not {price!r}: {problem}.") from None
        money = Money(amount, settings.DEFAULT_CURRENCY)
        values = {"title_en": title, "title_zh_hans": title_zh, "carrier": carrier, "price": money, "active": True}
        method, _ = DeliveryMethod.objects.update_or_create(code="standard", defaults=values)
        self.stdout.write(f"Delivery methods: {method.title}, {money}. Change it in the admin under Delivery methods.")
