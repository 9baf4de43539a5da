"""The rights of a role in words: each switch stands for the permissions that one kind of work needs."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Permission
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def _all(*models: str, verbs: str = "view add change delete") -> frozenset[str]:
    """Django's permissions for these models (`app.model`)."""
    return frozenset(
        f"{app}.{verb}_{name}"
        for app, _dot, name in (model.partition(".") for model in models)
        for verb in verbs.split()
    )


@dataclass(frozen=True)
class Switch:
    """One kind of work. `permissions` are `app.codename`, as `has_perm` takes them."""

    key: str
    title: Promise
    meaning: Promise
    permissions: frozenset[str]

    @property
    def field(self) -> str:
        """The name of its field in the form of a role."""
        return f"may_{self.key}"


ORDER_ROWS = ("order", "orderline", "parcel", "return", "scan", "payment", "document", "bulkmove")

SWITCHES: tuple[Switch, ...] = (
    Switch(
        "see_orders",
        _("See orders"),
        _("Orders with their lines, parcels, payments, returns and papers."),
        _all(*(f"orders.{name}" for name in ORDER_ROWS), verbs="view"),
    ),
    Switch(
        "pack",
        _("Pack and ship"),
        _("Move orders on, from the payment to the door."),
        frozenset({"orders.change_order"}),
    ),
    Switch(
        "contact",
        _("Edit addresses"),
        _("Name, mail address and address of an order."),
        frozenset({"orders.change_contact"}),
    ),
    Switch("cancel", _("Cancel"), _("Orders, before they are sent."), frozenset({"orders.cancel_order"})),
    Switch(
        "refund",
        _("Refund"),
        _("Money of orders and returns. The amounts are limited below."),
        frozenset({"orders.refund_order"}),
    ),
    Switch(
        "mark_paid",
        _("Mark paid"),
        _("Orders whose money came past the gateways, and the lines of the bank."),
        frozenset({"orders.mark_paid", "banktransfer.view_bankline"}),
    ),
    Switch("stock", _("Stock"), _("See and count it."), _all("catalog.stock", verbs="view change")),
    Switch(
        "see_products",
        _("See products"),
        _("Products and categories, as they are."),
        _all("catalog.product", "catalog.category", verbs="view"),
    ),
    Switch(
        "prices",
        _("Products and prices"),
        _("Make, change and delete them."),
        _all("catalog.category", "catalog.product", "catalog.variant", "catalog.price", "catalog.picture")
        | {"catalog.view_listimport"},
    ),
    Switch(
        "see_promotions", _("See promotions"), _("Discounts and vouchers."), _all("vouchers.promotion", verbs="view")
    ),
    Switch("promotions", _("Promotions"), _("Make, change and delete them."), _all("vouchers.promotion")),
    Switch(
        "selling",
        _("Selling"),
        _("Markets, tax rates, delivery methods and the seller."),
        _all("markets.market", "orders.deliverymethod", "orders.seller", verbs="view add change")
        | _all("markets.taxrate"),
    ),
    Switch("ride", _("Ride tours"), _("Bring parcels to their doors."), frozenset({"orders.ride_tour"})),
    Switch(
        "take_order",
        _("Orders by phone"),
        _("Place an order for somebody else, and change its lines before it is packed."),
        frozenset({"orders.take_order"}),
    ),
    Switch("mails", _("Send mails again"), _("The mails of an order."), frozenset({"orders.resend_mail"})),
    Switch(
        "questions",
        _("Questions"),
        _("Read and answer what shoppers ask; the texts for replies."),
        _all("orders.question", verbs="view") | _all("orders.replytemplate") | {"orders.answer_question"},
    ),
    Switch("reviews", _("Reviews"), _("Publish and delete them."), _all("reviews.review", verbs="view change delete")),
    Switch("pages", _("Pages"), _("Imprint, terms and the other texts."), _all("pages.page", verbs="view add change")),
    Switch(
        "customers",
        _("See customers"),
        _("All orders of a person, with notes and addresses."),
        frozenset({"orders.see_customers"}),
    ),
    Switch("insight", _("Insight"), _("What was sold, and how fast."), frozenset({"insight.view_insight"})),
    Switch("people", _("See people"), _("Accounts of shoppers and staff."), _all("accounts.user", verbs="view")),
    Switch(
        "backbone",
        _("Events"),
        _("Events, deliveries and gateway webhooks; try a delivery again."),
        _all("events.event", "events.delivery", "orders.webhookevent", verbs="view") | {"events.change_delivery"},
    ),
    Switch(
        "replay",
        _("Replay events"),
        _("Have a handler process old events again."),
        frozenset({"events.replay_delivery"}),
    ),
    Switch("activity", _("Activity"), _("Read who did what."), _all("staff.trailentry", verbs="view")),
)

KNOWN = frozenset().union(*(switch.permissions for switch in SWITCHES))
"""Every permission that some switch stands for."""


@dataclass(frozen=True)
class Reading:
    """Permissions, read as switches. `mix` are those that the switches do not account for."""

    on: tuple[Switch, ...]
    mix: frozenset[str]


def read(permissions: Collection[str]) -> Reading:
    """Which switches these permissions are. A switch of which only a part is there is off, and the part is in `mix`."""
    on = tuple(switch for switch in SWITCHES if switch.permissions <= frozenset(permissions))
    told = frozenset().union(*(switch.permissions for switch in on))
    return Reading(on, frozenset(permissions) - told)


def turned(permissions: Collection[str], on: Collection[Switch], off: Collection[Switch]) -> frozenset[str]:
    """The permissions after some switches were turned on, and some off. What another switch still needs stays."""
    left = frozenset(permissions).union(*(switch.permissions for switch in on))
    lost = frozenset().union(*(switch.permissions for switch in off))
    still = [switch for switch in read(permissions).on if switch not in off]
    return left - lost.difference(*(switch.permissions for switch in (*on, *still)))


def names_of(permissions: Iterable[Permission]) -> frozenset[str]:
    """`app.codename` of each. Reads the content types, which Django keeps in memory."""
    return frozenset(f"{each.content_type.app_label}.{each.codename}" for each in permissions)
