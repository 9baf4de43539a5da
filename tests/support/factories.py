"""What tests are made of."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db.models import QuerySet
from django.utils import timezone
from djmoney.money import Money

from orders.documents import issuing
from orders.models import DeliveryMethod, Document, Order, OrderLine, Seller
from shop.accounts.models import User
from shop.cart.models import Cart
from shop.catalog import prices, stock
from shop.catalog.models import Category, Product, Variant
from shop.markets.models import Market, TaxRate
from shop.vouchers.models import Promotion


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.com")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", "secret-word-7")
        return model_class.objects.create_user(*args, password=password, **kwargs)


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    title = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")

    @classmethod
    def _create(cls, model_class: type[Category], *args: Any, **kwargs: Any) -> Category:
        return model_class.objects.add_root(instance=model_class(**kwargs))


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    title = factory.Sequence(lambda n: f"Teapot {n}")
    slug = factory.Sequence(lambda n: f"teapot-{n}")
    text = "It pours without dripping."
    category = factory.SubFactory(CategoryFactory)


class VariantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Variant
        skip_postgeneration_save = True

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"TP-{n:04d}")
    price: Any = Money("20.00", "EUR")

    @classmethod
    def _create(cls, model_class: type[Variant], *args: Any, **kwargs: Any) -> Variant:
        price = kwargs.pop("price")
        variant = model_class.objects.create(*args, **kwargs)
        set_price(variant, price)
        return variant

    @factory.post_generation
    def stocked(self, create: bool, extracted: int | None, **kwargs: Any) -> None:
        stock.adjust(self, 10 if extracted is None else extracted)


def set_price(variant: Variant, *amounts: Money) -> None:
    """The variant has these prices, each in its currency; the first is the one that `variant.price` tells."""
    for amount in amounts:
        prices.put(variant, amount.currency.code, amount)
    prices.attach([variant], amounts[0].currency.code)


def price_of(variant: Variant, currency: str = "EUR") -> Money | None:
    """What the database says that it costs."""
    prices.attach([variant], currency)
    return variant.price


class MarketFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Market

    code = factory.Sequence(lambda n: f"market-{n}")
    title = factory.Sequence(lambda n: f"Market {n}")
    currency = "EUR"


class TaxRateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TaxRate

    country = "DE"
    percent = Decimal(19)
    first_day = date(2020, 1, 1)


class PromotionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Promotion

    title = "Spring"
    kind = "percent"
    percent = Decimal(10)


class DeliveryMethodFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DeliveryMethod
        django_get_or_create = ("code",)

    code = "standard"
    title = "Standard parcel"
    carrier = "Parcel Wren"
    price = Money("4.90", "EUR")


class CartFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Cart


ADDRESS = {
    "email": "ann@example.com",
    "name": "Ann Example",
    "address": "Hauptstr. 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}


class SellerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Seller

    name = "Morrow & Finch GmbH"
    address = "Kastanienweg 7"
    postal_code = "10115"
    city = "Berlin"
    country = "DE"
    vat_number = "DE136695976"
    email = "shop@example.com"


def make_document(order: Order) -> Document:
    """The invoice of an order that is paid now, whatever it was before."""
    if not Seller.objects.exists():
        SellerFactory()
    QuerySet(Order).filter(pk=order.pk).update(captured=order.total)
    made = issuing.issue_invoice(order.ref)
    assert made
    return made


PROMISED = timedelta(days=14)
"""How far away the last promised day of an order is: no weekend and no holiday makes it late, which would be told."""


def make_order(**fields: Any) -> Order:
    """A placed order with its event, past checkout, of one line without stock."""
    from django.db import transaction

    method = fields.pop("delivery_method", None) or DeliveryMethodFactory()
    with transaction.atomic():
        order = Order(
            **ADDRESS
            | {
                "delivery_method": method,
                "delivery_title": method.title,
                "promised_from": timezone.localdate(),
                "promised_by": timezone.localdate() + PROMISED,
                "subtotal": Money("20.00", "EUR"),
                "delivery_price": Money("4.90", "EUR"),
                "delivery_net": Money("4.90", "EUR"),
                "total": Money("24.90", "EUR"),
                "placed_at": timezone.now(),
                "checkout_key": uuid.uuid4(),
            }
            | fields
        )
        order.begin("shopper")
        order.save()
        price = Money("20.00", "EUR")
        OrderLine.objects.create(order=order, sku="TP-1", title="Teapot", quantity=1, unit_price=price, net=price)
    return order
