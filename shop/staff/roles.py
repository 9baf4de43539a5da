"""The four roles of the staff, as Django groups."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

# role → app.model: what may be done to it: Django's verbs, or the name of a permission that the model defines
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "Catalogue": {
        "catalog.category": ("view", "add", "change", "delete"),
        "catalog.product": ("view", "add", "change", "delete"),
        "catalog.variant": ("view", "add", "change", "delete"),
        "catalog.picture": ("view", "add", "change", "delete"),
        "catalog.price": ("view", "add", "change", "delete"),
        "catalog.stock": ("view", "change"),
        "vouchers.promotion": ("view",),
    },
    "Fulfilment": {
        "orders.order": ("view", "change"),
        "orders.orderline": ("view",),
        "orders.parcel": ("view",),
        "orders.return": ("view",),
        "orders.scan": ("view",),
        "orders.payment": ("view",),
        "orders.document": ("view",),
        "catalog.stock": ("view", "change"),
    },
    "Support": {
        "orders.order": ("view", "cancel_order", "refund_order", "change_contact"),
        "orders.orderline": ("view",),
        "orders.parcel": ("view",),
        "orders.return": ("view",),
        "orders.scan": ("view",),
        "orders.payment": ("view",),
        "orders.document": ("view",),
        "orders.webhookevent": ("view",),
        "events.event": ("view",),
        "events.delivery": ("view", "change"),
        "reviews.review": ("view", "change", "delete"),
        "accounts.user": ("view",),
    },
    "Manager": {
        "orders.order": ("view", "change", "mark_paid", "cancel_order", "refund_order", "change_contact"),
        "orders.orderline": ("view",),
        "orders.parcel": ("view",),
        "orders.return": ("view",),
        "orders.scan": ("view",),
        "orders.payment": ("view",),
        "orders.document": ("view",),
        "orders.webhookevent": ("view",),
        "orders.deliverymethod": ("view", "add", "change"),
        "banktransfer.bankline": ("view",),
        "orders.seller": ("view", "add", "change"),
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
    },
}


def create_roles() -> None:
    """Create the groups and give them exactly these permissions."""
    for role, models in ROLES.items():
        wanted = Q()
        for model, verbs in models.items():
            app, name = model.split(".")
            names = [codename for verb in verbs for codename in (verb, f"{verb}_{name}")]
            wanted |= Q(content_type__app_label=app, codename__in=names)
        Group.objects.get_or_create(name=role)[0].permissions.set(Permission.objects.filter(wanted))
