"""The order and what belongs to it."""

import uuid
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from djmoney.models.fields import MoneyField

from events.emission import EmitsEvents, GuardedQuerySet
from events.log.stream_names import StreamName
from orders import lifecycle, money, refs
from orders.domain_events import OrderState, ParcelScanned, ParcelState, PaymentUnneeded, Step, amount
from orders.domain_events import Scan as ScanState
from orders.lifecycle import Actor, IllegalTransition, Status
from shop.catalog.models import Variant


def _price(verbose: Any) -> Any:
    return MoneyField(verbose, max_digits=12, decimal_places=2, default_currency=settings.DEFAULT_CURRENCY)


class DeliveryMethod(models.Model):
    """A way to send a parcel, what it costs, and what may be promised."""

    code = models.SlugField(_("code"), unique=True)
    title = models.CharField(_("title"), max_length=80)
    carrier = models.CharField(_("carrier"), max_length=60)
    price = _price(_("price"))
    min_days = models.PositiveSmallIntegerField(_("working days, at least"), default=2)
    max_days = models.PositiveSmallIntegerField(_("working days, at most"), default=4)
    active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("delivery method")
        verbose_name_plural = _("delivery methods")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


class OrderQuerySet(GuardedQuerySet):
    """Orders; their status moves by `orders.transitions` alone."""


class Order(EmitsEvents):
    """One purchase. `version` counts its events, and is the `sequence` of the newest; its stream is `order:<ref>`."""

    guarded = frozenset({"status", "timeline"})

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
    checkout_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    cart_id = models.PositiveBigIntegerField(null=True, editable=False, help_text=_("The cart that it was."))

    email = models.EmailField(_("email"))
    name = models.CharField(_("full name"), max_length=120)
    address = models.CharField(_("address"), max_length=250)
    city = models.CharField(_("city"), max_length=100)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = CountryField(_("country"))
    language = models.CharField(_("language"), max_length=10, default=settings.LANGUAGE_CODE)

    delivery_method = models.ForeignKey(DeliveryMethod, verbose_name=_("delivery"), on_delete=models.PROTECT)
    promised_from = models.DateField(_("promised from"))
    promised_by = models.DateField(_("promised by"))
    subtotal = _price(_("subtotal"))
    delivery_price = _price(_("delivery price"))
    total = _price(_("total"))

    objects = OrderQuerySet.as_manager()

    class Meta(EmitsEvents.Meta):
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at"]
        indexes = [models.Index(fields=["status", "-placed_at"], name="order_by_status")]

    def __str__(self) -> str:
        return self.ref

    @property
    def stream(self) -> str:
        return str(StreamName("order", self.ref))

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
    ) -> None:
        """Take the edge to `target` and record its event. The caller holds the row's lock, and saves.

        `reason` is a code of `orders.reasons`; `note` is for staff, `message` goes to the shopper with the mail. The
        last two are kept in the timeline and never stand in an event. Raises `IllegalTransition` when there is no such
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
        entry |= {key: typed for key, typed in (("note", note), ("message", message)) if typed}
        self.timeline = [*self.timeline, entry]
        self.record(
            taken.event(order=self.state(), customer=self.user_id, previous=previous, actor=actor, reason=reason)
        )

    def record_scan(self, actor: str, reason: str = "") -> None:
        """Record that a parcel was scanned though the status stays. The caller holds the lock, and saves."""
        self.record(
            ParcelScanned(order=self.state(), customer=self.user_id, previous=self.status, actor=actor, reason=reason)
        )

    def record_unneeded_payment(self, payment: int, actor: str) -> None:
        """Record that money came which the order does not want. The caller holds the lock, and saves."""
        self.record(PaymentUnneeded(order=self.state(), customer=self.user_id, actor=actor, payment=payment))

    def entry_of(self, sequence: int) -> dict[str, Any]:
        """The timeline's entry that came with the event of this sequence; empty for a scan or an unneeded payment."""
        return next((entry for entry in self.timeline if entry.get("seq") == sequence), {})

    def state(self) -> OrderState:
        """What a live page shows, in no language. Reads the parcel once the order has left the house, and the payments
        once it has ended."""
        return OrderState(
            ref=self.ref,
            status=str(self.status),
            total=amount(self.total),
            placed_at=self.placed_at,
            promised_from=self.promised_from,
            promised_by=self.promised_by,
            steps=tuple(Step(e["status"], datetime.fromisoformat(e["at"])) for e in self.timeline),
            parcel=self._parcel_state(),
            refund=money.refund_of(self).value if money.ended(self) else "",
        )

    def _parcel_state(self) -> ParcelState | None:
        if not any(entry["status"] == Status.SHIPPED for entry in self.timeline):
            return None
        parcel = self.parcels.prefetch_related("scans").order_by("pk").last()
        if parcel is None:
            return None
        scans = sorted(parcel.scans.all(), key=lambda scan: (scan.at, scan.pk))
        return ParcelState(parcel.carrier, parcel.tracking, tuple(ScanState(s.kind, s.at, s.place) for s in scans))


def _entry(seq: int, status: Status, at: datetime, actor: str, reason: str = "") -> dict[str, Any]:
    return {"seq": seq, "status": status.value, "at": at.isoformat(), "actor": actor, "reason": reason}


class OrderLine(models.Model):
    """What was bought, as it was called and priced then."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, null=True, on_delete=models.SET_NULL, related_name="+")
    sku = models.CharField(_("SKU"), max_length=40)
    title = models.CharField(_("title"), max_length=240)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = _price(_("unit price"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def total(self) -> Any:
        return self.unit_price * self.quantity


class Payment(models.Model):
    """One try to pay an order through a gateway."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        REFUNDED = "refunded", _("refunded")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    gateway = models.CharField(_("gateway"), max_length=40)
    session = models.CharField(_("session"), max_length=80, unique=True, null=True)
    amount = _price(_("amount"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)
    completed_at = models.DateTimeField(_("completed"), null=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_state_display()}"

    @property
    def by_hand(self) -> bool:
        """Whether it came past the gateways, so that only staff can return it."""
        return self.session is None


class WebhookEvent(models.Model):
    """A webhook whose signature was good, kept whatever came of it. `outcome` says what did."""

    gateway = models.CharField(_("gateway"), max_length=40)
    event_id = models.CharField(_("webhook event"), max_length=80)
    body = models.TextField(_("body"))
    outcome = models.CharField(_("outcome"), max_length=200)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    times = models.PositiveIntegerField(_("times received"), default=1)

    class Meta:
        verbose_name = _("gateway webhook")
        verbose_name_plural = _("gateway webhooks")
        constraints = [models.UniqueConstraint(fields=["gateway", "event_id"], name="webhook_event_once")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}: {self.outcome}"


class Parcel(models.Model):
    """What was handed to a carrier."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="parcels")
    carrier = models.CharField(_("carrier"), max_length=60)
    tracking = models.CharField(_("tracking number"), max_length=60, unique=True)
    created = models.DateTimeField(_("handed over"), default=timezone.now)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking}"


class Scan(models.Model):
    """What a carrier said of a parcel. Kept with its own time, however late or out of order it came."""

    class Kind(models.TextChoices):
        PRE_TRANSIT = "pre_transit", _("announced to the carrier")
        IN_TRANSIT = "in_transit", _("in transit")
        OUT_FOR_DELIVERY = "out_for_delivery", _("with the courier")
        ATTEMPTED = "attempted", _("delivery attempted")
        AVAILABLE_FOR_PICKUP = "available_for_pickup", _("waiting to be picked up")
        DELIVERED = "delivered", _("delivered")
        RETURNED_TO_SENDER = "returned_to_sender", _("on the way back to us")
        EXCEPTION = "exception", _("held up")

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="scans")
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    at = models.DateTimeField(_("when"))
    place = models.CharField(_("where"), max_length=120, blank=True)
    received_at = models.DateTimeField(_("heard of"), default=timezone.now)

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["parcel", "kind", "at"], name="scan_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


def promised(method: DeliveryMethod, today: date) -> tuple[date, date]:
    """The first and last day that `method` promises for an order of `today`: working days, Monday to Friday."""
    from datetime import timedelta

    def after(days: int) -> date:
        day = today
        while days:
            day += timedelta(days=1)
            days -= day.weekday() < 5
        return day

    return after(method.min_days), after(method.max_days)


class PushSubscription(models.Model):
    """A browser that wants to be told of an order though its tab is closed (see `orders.notifications.webpush`)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=1000)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    last_event = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "endpoint"], name="push_once_per_browser")]

    def __str__(self) -> str:
        return f"{self.order_id} → {self.endpoint[:40]}"
