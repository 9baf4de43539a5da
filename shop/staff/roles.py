"""The roles of the staff, as Django groups."""

from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import Q

from shop.staff.models import GivenRight

# role → app.model: what may be done to it: Django's verbs, or the name of a permission that the model defines
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "Catalogue": {
        "catalog.category": ("view", "add", "change", "delete"),
        "catalog.product": ("view", "add", "change", "delete"),
        "catalog.variant": ("view", "add", "change", "delete"),
        "catalog.picture": ("view", "add", "change", "delete"),
        "catalog.price": ("view", "add", "change", "delete"),
        "catalog.stock": ("view", "change"),
        "catalog.listimport": ("view",),
        "vouchers.promotion": ("view",),
    },
    "Fulfilment": {
        "orders.order": ("view", "change"),
        "orders.orderline": ("view",),
        "orders.parcel": ("view",),
        "orders.return": ("view",),
        "orders.bulkmove": ("view",),
        "orders.scan": ("view",),
        "orders.tour": ("ride_tour",),
        "orders.payment": ("view",),
        "orders.document": ("view",),
        "catalog.stock": ("view", "change"),
    },
    "Rider": {
        "orders.tour": ("ride_tour",),
    },
    "Support": {
        "orders.order": (
            "view",
            "cancel_order",
            "refund_order",
            "change_contact",
            "resend_mail",
            "see_customers",
            "take_order",
        ),
        "orders.orderline": ("view",),
        "orders.parcel": ("view",),
        "orders.return": ("view",),
        "orders.bulkmove": ("view",),
        "orders.scan": ("view",),
        "orders.payment": ("view",),
        "orders.document": ("view",),
        "orders.webhookevent": ("view",),
        "orders.question": ("view", "answer_question"),
        "orders.replytemplate": ("view", "add", "change", "delete"),
        "events.event": ("view",),
        "events.delivery": ("view", "change"),
        "reviews.review": ("view", "change", "delete"),
        "accounts.user": ("view",),
    },
    "Manager": {
        "orders.order": (
            "view",
            "change",
            "mark_paid",
            "cancel_order",
            "refund_order",
            "change_contact",
            "resend_mail",
            "see_customers",
            "take_order",
        ),
        "orders.orderline": ("view",),
        "orders.parcel": ("view",),
        "orders.return": ("view",),
        "orders.bulkmove": ("view",),
        "orders.scan": ("view",),
        "orders.payment": ("view",),
        "orders.document": ("view",),
        "orders.webhookevent": ("view",),
        "orders.question": ("view", "answer_question"),
        "orders.replytemplate": ("view", "add", "change", "delete"),
        "orders.deliverymethod": ("view", "add", "change"),
        "banktransfer.bankline": ("view",),
        "orders.seller": ("view", "add", "change"),
        "pages.page": ("view", "add", "change"),
        "catalog.product": ("view",),
        "catalog.category": ("view",),
        "markets.market": ("view", "add", "change"),
        "markets.taxrate": ("view", "add", "change", "delete"),
        "vouchers.promotion": ("view", "add", "change", "delete"),
        "catalog.stock": ("view", "change"),
        "events.event": ("view",),
        "events.delivery": ("view", "change", "replay_delivery"),
        "reviews.review": ("view", "change", "delete"),
        "accounts.user": ("view",),
        "staff.trailentry": ("view",),
        "insight.dayfigure": ("view_insight",),
    },
}


def create_roles() -> None:
    """Create the groups, and give them the permissions that are new since the last time.

    What an owner gave or took away on the page of a role stays so; what the shop gave and gives no more is taken.
    """
    if GivenRight._meta.db_table not in connection.introspection.table_names():
        return  # the migrations are half way
    for role, models in ROLES.items():
        wanted = Q()
        for model, verbs in models.items():
            app, name = model.split(".")
            names = [codename for verb in verbs for codename in (verb, f"{verb}_{name}")]
            wanted |= Q(content_type__app_label=app, codename__in=names)
        group = Group.objects.get_or_create(name=role)[0]
        now = set(Permission.objects.filter(wanted).values_list("pk", flat=True))
        before = set(GivenRight.objects.filter(role=group).values_list("permission", flat=True))
        if now == before:
            continue
        group.permissions.add(*now - before)
        group.permissions.remove(*before - now)
        GivenRight.objects.filter(role=group, permission__in=before - now).delete()
        GivenRight.objects.bulk_create(
            [GivenRight(role=group, permission_id=key) for key in sorted(now - before)], ignore_conflicts=True
        )
