"""The order and its lines."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from events.emission import EmitsEvents, GuardedQuerySet
from events.live import reauthorization
from events.log.stream_names import StreamName
from orders import lifecycle, money, refs
from orders.domain_events import (
    Item,
    LinesChange,
    OrderState,
    Paper,
    ParcelState,
    PaymentUnneeded,
    Photo,
    ReturnState,
    Step,
    amount,
)
from orders.domain_events import Scan as ScanState
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models.delivery_method import DeliveryMethod
from orders.payments import windows
from orders.shipping import carriers
from shop.accounts import names
from shop.catalog.models import Variant
from shop.lib import postal
from shop.lib.money_field import amount_field
from shop.markets import places
from shop.pricing.tax import Category, percent_words
from shop.vouchers.models import Promotion

TAX_CATEGORIES = [
    (Category.STANDARD.value, _("taxed")),
    (Category.ZERO.value, _("zero rate")),
    (Category.REVERSE_CHARGE.value, _("reverse charge")),
    (Category.EXPORT.value, _("export")),
    (Category.OUTSIDE.value, _("no tax")),
]


class OrderQuerySet(GuardedQuerySet):
    """Orders; their status moves by `orders.transitions` alone."""


class Order(EmitsEvents):
    """One purchase. `version` counts its events, and is the `sequence` of the newest; its stream is `order:<ref>`."""

    guarded = frozenset({"status", "timeline"})

    class MoneyProblem(models.TextChoices):
        """What of an order's money staff have to look at."""

        REFUND_FAILED = "refund_failed", _("a refund failed")
        DISPUTED = "disputed", _("the payment is disputed")
        AMOUNT = "amount", _("the gateway tells of another amount")

    ref = models.CharField(_("reference"), max_length=12, unique=True, default=refs.new, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("member"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="orders",
    )
    status = models.CharField(_("status"), max_length=20, choices=lifecycle.CHOICES, default=Status.PLACED)
    timeline = models.JSONField(
        _("timeline"), default=list, help_text=_("Every status with its time, actor, reason and notes.")
    )
    placed_at = models.DateTimeField(_("placed"), default=timezone.now, db_index=True)
    checkout_key = models.UUIDField(_("key of the checkout"), unique=True, default=uuid.uuid4, editable=False)
    link_version = models.PositiveIntegerField(
        _("version of the links"),
        default=1,
        editable=False,
        help_text=_("Access links of another version have ended."),
    )
    cart_id = models.PositiveBigIntegerField(_("cart"), null=True, editable=False, help_text=_("The cart that it was."))

    email = models.EmailField(_("email"))
    name = models.CharField(_("full name"), max_length=120)
    address = models.CharField(_("address"), max_length=250)
    city = models.CharField(_("city"), max_length=100)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = CountryField(_("country"))
    language = models.CharField(_("language"), max_length=10, default=settings.LANGUAGE_CODE)

    delivery_method = models.ForeignKey(DeliveryMethod, verbose_name=_("delivery method"), on_delete=models.PROTECT)
    delivery_title = models.CharField(
        _("name of the delivery method"), max_length=120, help_text=_("The method's title when the order was placed.")
    )
    promised_from = models.DateField(_("promised from"))
    promised_by = models.DateField(_("promised by"))
    promise_measured = models.BooleanField(
        _("measured"), default=False, help_text=_("The range was measured on earlier deliveries.")
    )
    delays = models.PositiveSmallIntegerField(
        _("delays"), default=0, help_text=_("How often another range was promised.")
    )
    gateway = models.CharField(
        _("way to pay"), max_length=40, blank=True, help_text=_("Chosen by the shopper; the name of a gateway.")
    )
    market = models.CharField(
        _("market"), max_length=50, blank=True, help_text=_("Its code when the order was placed.")
    )
    prices_include_tax = models.BooleanField(_("prices include tax"), default=True)
    company = models.CharField(_("company"), max_length=120, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    # What `shop.pricing` returned. `subtotal`, `discount` and the delivery are as the market shows prices, and
    # subtotal − discount + delivery_price − delivery_discount + the tax apart = total, which has `tax` in it.
    subtotal = amount_field(_("subtotal"))
    discount = amount_field(_("discount"), default=0)
    delivery_price = amount_field(_("delivery price"))
    delivery_discount = amount_field(_("discount on the delivery"), default=0)
    delivery_net = amount_field(_("delivery without tax"), default=0)
    delivery_tax = amount_field(_("tax on the delivery"), default=0)
    tax = amount_field(_("tax"), default=0)
    total = amount_field(_("total"))
    kept_until = models.DateTimeField(
        _("goods kept until"),
        null=True,
        editable=False,
        help_text=_("The goods are kept until then, also if the way to pay gives less time."),
    )
    # What `orders.payments` books, so that an event needs no query for it.
    captured = amount_field(_("paid"), default=0)
    refunded = amount_field(_("returned"), default=0)
    papers = models.JSONField(
        _("documents"), default=list, editable=False, help_text=_("Kind and number of each, in their order.")
    )
    cancelled_items = models.JSONField(
        _("will not be sent"), default=list, editable=False, help_text=_("Title and quantity of each.")
    )
    agreed_to = models.JSONField(
        _("agreed to"), default=list, editable=False, help_text=_("Kind and version of each page beside the button.")
    )
    return_states = models.JSONField(_("returns"), default=list, editable=False)
    line_changes = models.JSONField(
        _("newest change of the lines"),
        default=dict,
        editable=False,
        help_text=_("The newest change of its lines by staff, as events tell it."),
    )
    missing_at = models.DateTimeField(
        _("missing since"), null=True, editable=False, help_text=_("When the shopper said that it has not come.")
    )
    is_gift = models.BooleanField(_("gift"), default=False, editable=False)
    gift_note = models.TextField(
        _("gift note"), blank=True, editable=False, help_text=_("What the shopper writes to whoever gets it.")
    )
    money_problem = models.CharField(_("problem"), max_length=14, choices=MoneyProblem.choices, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta(EmitsEvents.Meta):
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at"]
        indexes = [
            models.Index(fields=["status", "-placed_at"], name="order_by_status"),
            models.Index(Lower("email"), name="order_by_email"),
            models.Index(
                fields=["money_problem"], condition=~models.Q(money_problem=""), name="order_with_money_problem"
            ),
            models.Index(fields=["missing_at"], condition=models.Q(missing_at__isnull=False), name="order_not_there"),
        ]
        # `orders.lifecycle` says which edge needs which; `change_order` is for packing and sending.
        permissions = [
            ("mark_paid", _("Can mark orders as paid")),
            ("cancel_order", _("Can cancel orders")),
            ("refund_order", _("Can refund orders")),
            ("change_contact", _("Can change address and mail address of orders")),
            ("resend_mail", _("Can have mails about orders sent again")),
            ("see_customers", _("Can see all that is known of a customer")),
            ("take_order", _("Can place orders for customers")),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def stream(self) -> str:
        return str(StreamName("order", self.ref))

    def end_links(self) -> None:
        """All access links end that were given out until now, and what they opened closes.

        The caller holds the row's lock, and saves in the same transaction.
        """
        self.link_version += 1
        reauthorization.look_at(topic=self.stream)
        reauthorization.look_at(topic=str(StreamName("question", self.ref)))

    @property
    def address_lines(self) -> list[str]:
        """Name and address, as the country's post wants them on a parcel."""
        return postal.lines(
            country=self.country.code,
            country_name=str(self.country.name),
            name=self.name,
            address=self.address,
            city=self.city,
            region=self.region,
            postal_code=self.postal_code,
        )

    @property
    def currency(self) -> str:
        """The code of the currency of all its amounts."""
        return str(self.total.currency.code)

    @property
    def net(self) -> Any:
        """The total without tax."""
        return self.total - self.tax

    @property
    def delivery_total(self) -> Any:
        """The delivery after discounts, as the market shows prices."""
        return self.delivery_price - self.delivery_discount

    @property
    def tax_apart(self) -> Any:
        """What the tax adds to the prices; negative where the buyer owes it, 0 where prices include it."""
        return self.total - self.subtotal + self.discount - self.delivery_total

    @property
    def reverse_charge(self) -> bool:
        """Whether the buyer owes the tax. Reads the tax lines."""
        return any(line.category == Category.REVERSE_CHARGE for line in self.tax_lines.all())

    def get_absolute_url(self) -> str:
        """The member's page of this order."""
        return reverse("orders:order", args=[self.ref])

    def begin(self, actor: str, at: datetime | None = None) -> None:
        """Record that it was placed. The caller saves."""
        self.timeline = [_entry(self.next_sequence, Status.PLACED, at or self.placed_at, actor)]
        self.record(lifecycle.FIRST_EVENT(order=self.state(), customer=self.user_id, actor=actor))

    def move(
        self,
        target: Status,
        by: Actor,
        actor: str,
        reason: str = "",
        at: datetime | None = None,
        *,
        note: str = "",
        message: str = "",
        **more: Any,
    ) -> None:
        """Take the edge to `target` and record its event. The caller holds the row's lock, and saves.

        `reason` is a code of `orders.reasons`; `note` is for staff, `message` goes to the shopper with the mail. The
        last two are kept in the timeline and never stand in an event. `more` are
        further fields of the event. Raises `IllegalTransition` when there is no such
        edge, or not for `by`.
        """
        taken = lifecycle.edge(self.status, target)
        if taken is None or by not in taken.by:
            raise IllegalTransition(
                _("%(ref)s is %(status)s; from there it cannot become %(target)s.")
                % {"ref": self.ref, "status": lifecycle.label(self.status), "target": lifecycle.label(target)}
            )
        previous = self.status
        self.status = target
        entry = _entry(self.next_sequence, target, at or timezone.now(), actor, reason)
        can_undo = taken.undo and by == Actor.STAFF
        more_of_it = (("note", note), ("message", message), ("by", names.of(actor)), ("can_undo", can_undo))
        entry |= {key: value for key, value in more_of_it if value}
        self.timeline = [*self.timeline, entry]
        self.record(
            taken.event(
                order=self.state(), customer=self.user_id, previous=previous, actor=actor, reason=reason, **more
            )
        )

    def facts(self, actor: str) -> dict[str, Any]:
        """What every event of an order carries. Take it when everything else of the order is set."""
        return {"order": self.state(), "customer": self.user_id, "actor": actor}

    @property
    def staff_page(self) -> str:
        """The address of its page in admin."""
        return reverse("admin:orders_order_change", args=[self.pk])

    @property
    def pay_until(self) -> datetime:
        """Until when an unpaid order waits for its money."""
        usual: datetime = self.placed_at + windows.of(self.gateway)
        return max(usual, self.kept_until) if self.kept_until else usual

    @property
    def return_until(self) -> date | None:
        """The last day to ask for a return: the market's days after the delivery.

        None while it has not been delivered, and where the market takes nothing back.
        """
        if self.status != Status.DELIVERED:
            return None
        at = next(entry["at"] for entry in reversed(self.timeline) if entry["status"] == Status.DELIVERED)
        place = places.place(self.country.code)
        days = place.market.return_days if place else 0
        return timezone.localdate(datetime.fromisoformat(at)) + timedelta(days=days) if days else None

    def record_unneeded_payment(self, payment: int, actor: str) -> None:
        """Record that money came which the order does not want. The caller holds the lock, and saves."""
        self.record(PaymentUnneeded(order=self.state(), customer=self.user_id, actor=actor, payment=payment))

    def entry_of(self, sequence: int) -> dict[str, Any]:
        """The timeline's entry that came with the event of this sequence; empty for a scan or an unneeded payment."""
        return next((entry for entry in self.timeline if entry.get("seq") == sequence), {})

    def state(self) -> OrderState:
        """What a live page shows, in no language. Reads the parcels once the order has left the house, and the payments
        once it has ended."""
        return OrderState(
            ref=self.ref,
            status=str(self.status),
            total=amount(self.total),
            placed_at=self.placed_at,
            promised_from=self.promised_from,
            promised_by=self.promised_by,
            steps=tuple(
                Step(e["status"], datetime.fromisoformat(e["at"]), e.get("by", ""), "undoes" in e)
                for e in self.timeline
            ),
            refund=money.refund_of(self).value if money.ended(self) else "",
            gateway=self.gateway,
            pay_until=self.pay_until if self.status in lifecycle.PAYABLE else None,
            refunded=amount(self.refunded) if self.refunded else None,
            papers=tuple(Paper(each["kind"], each["number"]) for each in self.papers),
            parcels=self._parcel_states(),
            cancelled=tuple(Item(title, quantity) for title, quantity in self.cancelled_items),
            returns=tuple(
                ReturnState(
                    place=each["place"],
                    state=each["state"],
                    at=datetime.fromisoformat(each["at"]),
                    items=tuple(Item(title, quantity) for title, quantity in each["items"]),
                    replacement=each["replacement"],
                )
                for each in self.return_states
            ),
            return_until=self.return_until,
            measured=self.promise_measured,
            delays=self.delays,
            missing_at=self.missing_at,
            changed=msgspec.convert(self.line_changes, LinesChange) if self.line_changes else None,
        )

    def _parcel_states(self) -> tuple[ParcelState, ...]:
        if not any(entry["status"] in _SENT for entry in self.timeline):
            return ()
        sent = list(self.parcels.all()) if _read(self, "parcels") else self._parcels()
        contents = self._contents(sent)
        return tuple(
            ParcelState(
                carrier=parcel.carrier,
                tracking=parcel.tracking,
                scans=tuple(
                    ScanState(s.kind, s.at, s.place) for s in sorted(parcel.scans.all(), key=lambda scan: scan.in_time)
                ),
                id=parcel.pk,
                state=parcel.state,
                link=carriers.link(parcel),
                items=contents.get(parcel.pk, ()),
                stops_before=parcel.stops_before,
                stops_at=parcel.stops_at,
                photos=tuple(
                    Photo(each["id"], each["kind"], datetime.fromisoformat(each["at"])) for each in parcel.photo_list
                ),
            )
            for parcel in sent
        )

    def _parcels(self) -> list[Any]:
        return list(self.parcels.select_related("method").prefetch_related("scans").order_by("pk"))

    def _contents(self, sent: list[Any]) -> dict[int, tuple[Item, ...]]:
        """What is in each parcel, where that is not all of the order. One query then."""
        if len(sent) == 1 and self.status != Status.PARTLY_SHIPPED:
            return {}
        found: dict[int, tuple[Item, ...]] = {}
        lines = OrderLine.objects.filter(order=self, parcel_items__isnull=False).order_by("pk")
        for parcel, title, quantity in lines.values_list("parcel_items__parcel", "title", "parcel_items__quantity"):
            found[parcel] = (*found.get(parcel, ()), Item(title, quantity))
        return found


_SENT = {Status.PARTLY_SHIPPED, Status.SHIPPED}


def _read(order: Order, name: str) -> bool:
    """Whether these rows were prefetched."""
    return name in getattr(order, "_prefetched_objects_cache", {})


def _entry(seq: int, status: Status, at: datetime, actor: str, reason: str = "") -> dict[str, Any]:
    return {"seq": seq, "status": status.value, "at": at.isoformat(), "actor": actor, "reason": reason}


class OrderLine(models.Model):
    """What was bought, as it was called and priced then."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, null=True, on_delete=models.SET_NULL, related_name="+")
    sku = models.CharField(_("SKU"), max_length=40)
    title = models.CharField(_("title"), max_length=240)
    quantity = models.PositiveIntegerField(_("quantity"))
    cancelled = models.PositiveIntegerField(
        _("cancelled"), default=0, help_text=_("How many of them will not be sent.")
    )
    reversed = models.PositiveIntegerField(
        _("paid back"), default=0, help_text=_("How many of them were cancelled or paid back.")
    )
    unit_price = amount_field(_("unit price"), help_text=_("As the market showed it: with tax, or without."))
    discount = amount_field(_("discount"), default=0)
    net = amount_field(_("without tax"), default=0)
    tax = amount_field(_("tax"), default=0)
    tax_category = models.CharField(max_length=2, choices=TAX_CATEGORIES, default=Category.OUTSIDE.value)
    tax_percent = models.DecimalField(_("tax, percent"), max_digits=6, decimal_places=3, default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def wanted(self) -> int:
        """How many of them are not cancelled."""
        return self.quantity - self.cancelled

    @property
    def thumbnail(self) -> str:
        """Where a page finds a small picture of it, even if the product is gone. Reads variant, picture, product."""
        if self.variant:
            return self.variant.thumbnail
        return reverse("catalog:placeholder", args=["gone"])

    @property
    def listed(self) -> Any:
        """What it costs at its price."""
        return self.unit_price * self.quantity

    @property
    def total(self) -> Any:
        """What is left of that after discounts, as the market shows prices."""
        return self.listed - self.discount

    @property
    def gross(self) -> Any:
        """What was paid for it, with its tax."""
        return self.net + self.tax


class Adjustment(models.Model):
    """What a promotion took off a line, or off the delivery where there is no line."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="adjustments")
    line = models.ForeignKey(OrderLine, null=True, on_delete=models.CASCADE, related_name="adjustments")
    promotion = models.ForeignKey(Promotion, null=True, on_delete=models.SET_NULL, related_name="+")
    title = models.CharField(_("title"), max_length=120)
    code = models.CharField(_("code"), max_length=40, blank=True)
    amount = amount_field(_("amount"))

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.title}: {self.amount}"


class OrderTax(models.Model):
    """The tax on everything that has one rate."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="tax_lines")
    category = models.CharField(_("category"), max_length=2, choices=TAX_CATEGORIES)
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=3)
    net = amount_field(_("without tax"))
    tax = amount_field(_("tax"))

    class Meta:
        verbose_name = _("tax")
        verbose_name_plural = _("taxes")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.rate} %: {self.tax}"

    @property
    def rate(self) -> str:
        """The rate in percent, without zeros at its end: 19, 8.875."""
        return percent_words(self.percent)
