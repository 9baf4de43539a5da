"""The three roles of the staff, as Django groups."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

# role → app.model: what may be done to it
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "Catalogue": {
        "catalog.category": ("view", "add", "change", "delete"),
        "catalog.product": ("view", "add", "change", "delete"),
        "catalog.variant": ("view", "add", "change", "delete"),
        "catalog.stock": ("view", "change"),
    },
    "Fulfilment": {
        "orders.order": ("view", "change"),
        "orders.orderline": ("view",),
        "orders.parcel": ("view",),
        "orders.scan": ("view",),
        "orders.payment": ("view",),
        "catalog.stock": ("view", "change"),
    },
    "Support": {
        "orders.order": ("view", "change"),
        "orders.orderline": ("view",),
        "orders.parcel": ("view",),
        "orders.scan": ("view",),
        "orders.payment": ("view",),
        "orders.webhookevent": ("view",),
        "events.event": ("view",),
        "events.delivery": ("view", "change"),
        "accounts.user": ("view",),
    },
}


def create_roles() -> None:
    """Create the groups and give them exactly these permissions."""
    for role, models in ROLES.items():
        wanted = Q()
        for model, verbs in models.items():
            app, name = model.split(".")
            wanted |= Q(content_type__app_label=app, codename__in=[f"{verb}_{name}" for verb in verbs])
        Group.objects.get_or_create(name=role)[0].permissions.set(Permission.objects.filter(wanted))
